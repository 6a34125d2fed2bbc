"""Audit: find labels that are probably wrong, and fields that are out of distribution.

Predict held-out fields (`predict_held_out`), judge their labels (`audit_labels`), write a folder (`write_audit`).
"""

from cellocate.explain.audit.audit_folder import write_audit
from cellocate.explain.audit.held_out import predict_held_out, read_held_out
from cellocate.explain.audit.label_audit import audit_labels

__all__ = [
    "audit_labels",
    "predict_held_out",
    "read_held_out",
    "write_audit",
]
