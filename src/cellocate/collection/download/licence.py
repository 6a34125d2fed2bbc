"""Under which terms the atlas gives its images."""

LICENCE = """\
Images and annotations of the Human Protein Atlas (https://www.proteinatlas.org) are given under a Creative Commons
Attribution-ShareAlike licence (CC BY-SA); https://www.proteinatlas.org/about/licence says which version, and how to
cite. Whoever shows or passes on these images, or what is made of them, names the Human Protein Atlas, gives the
address of the image or gene, and passes them on under the same licence. The subcellular images are described in
Thul et al., A subcellular map of the human proteome, Science 2017 (https://doi.org/10.1126/science.aal3321).
"""
