"""Audit: which labels of a collection are in doubt, and which fields are odd."""

from cellocate.explain.audit.audited import Audited, audit_labels
from cellocate.explain.audit.folder import write_audit
from cellocate.explain.audit.held_out import HeldOut, by_models, by_tables
from cellocate.explain.audit.mistaken import JUDGES, Doubts, doubts

__all__ = [
    "JUDGES",
    "Audited",
    "Doubts",
    "HeldOut",
    "audit_labels",
    "by_models",
    "by_tables",
    "doubts",
    "write_audit",
]
