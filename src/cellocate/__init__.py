"""cellocate"""
