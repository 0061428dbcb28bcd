"""Warehouse Sync as code: files, plan, apply, lint.

Names are imported when they are first used: the command line's `--help` must not pay for what it does not do.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warehouse_sync.declarative.applying import apply_plan, check_plan
    from warehouse_sync.declarative.converting import Conversion, convert
    from warehouse_sync.declarative.declared import Declarations, Declared
    from warehouse_sync.declarative.documents import format_date, to_document, to_documents
    from warehouse_sync.declarative.ledger import Ledger
    from warehouse_sync.declarative.lint.checking import has_errors, lint_files
    from warehouse_sync.declarative.lint.reports import to_github, to_json, to_sarif, to_text
    from warehouse_sync.declarative.lint.rules import RULES, Finding, Limits
    from warehouse_sync.declarative.loading import load, read
    from warehouse_sync.declarative.observed import Observed, observe
    from warehouse_sync.declarative.plan import Change, Options, Plan, make_plan, plan_destruction
    from warehouse_sync.declarative.problems import (
        InvalidFilesError,
        Place,
        PlanError,
        Problem,
        StalePlanError,
    )
    from warehouse_sync.declarative.saving import (
        Binding,
        SavedPlan,
        is_plan,
        plan_document,
        read_plan,
        save_plan,
    )
    from warehouse_sync.declarative.schedules import Sync, upcoming
    from warehouse_sync.declarative.schema import json_schema
    from warehouse_sync.declarative.setups import (
        POD_ACCOUNTS,
        SETUPS,
        Setup,
        fill_in,
        is_identifier,
        placeholders,
    )
    from warehouse_sync.declarative.showing import headline, show_plan, summary
    from warehouse_sync.declarative.starting import (
        Answers,
        ConfigQuestion,
        config_questions,
        id_problem,
        starting_files,
    )
    from warehouse_sync.declarative.writing import export_documents, needed_variables, to_yaml, write_files

_HOMES = {
    "Conversion": "converting",
    "convert": "converting",
    "Sync": "schedules",
    "upcoming": "schedules",
    "POD_ACCOUNTS": "setups",
    "SETUPS": "setups",
    "Setup": "setups",
    "fill_in": "setups",
    "is_identifier": "setups",
    "placeholders": "setups",
    "Answers": "starting",
    "ConfigQuestion": "starting",
    "config_questions": "starting",
    "id_problem": "starting",
    "starting_files": "starting",
    "lint_files": "lint.checking",
    "has_errors": "lint.checking",
    "Finding": "lint.rules",
    "Limits": "lint.rules",
    "RULES": "lint.rules",
    "to_text": "lint.reports",
    "to_json": "lint.reports",
    "to_sarif": "lint.reports",
    "to_github": "lint.reports",
    "Binding": "saving",
    "Change": "plan",
    "Declarations": "declared",
    "Declared": "declared",
    "InvalidFilesError": "problems",
    "Ledger": "ledger",
    "Observed": "observed",
    "Options": "plan",
    "Place": "problems",
    "Plan": "plan",
    "PlanError": "problems",
    "Problem": "problems",
    "SavedPlan": "saving",
    "StalePlanError": "problems",
    "apply_plan": "applying",
    "check_plan": "applying",
    "export_documents": "writing",
    "format_date": "documents",
    "headline": "showing",
    "is_plan": "saving",
    "json_schema": "schema",
    "load": "loading",
    "make_plan": "plan",
    "needed_variables": "writing",
    "observe": "observed",
    "plan_destruction": "plan",
    "plan_document": "saving",
    "read": "loading",
    "read_plan": "saving",
    "save_plan": "saving",
    "show_plan": "showing",
    "summary": "showing",
    "to_document": "documents",
    "to_documents": "documents",
    "to_yaml": "writing",
    "write_files": "writing",
}

__all__ = [
    "POD_ACCOUNTS",
    "RULES",
    "SETUPS",
    "Answers",
    "Binding",
    "Change",
    "ConfigQuestion",
    "Conversion",
    "Declarations",
    "Declared",
    "Finding",
    "InvalidFilesError",
    "Ledger",
    "Limits",
    "Observed",
    "Options",
    "Place",
    "Plan",
    "PlanError",
    "Problem",
    "SavedPlan",
    "Setup",
    "StalePlanError",
    "Sync",
    "apply_plan",
    "check_plan",
    "config_questions",
    "convert",
    "export_documents",
    "fill_in",
    "format_date",
    "has_errors",
    "headline",
    "id_problem",
    "is_identifier",
    "is_plan",
    "json_schema",
    "lint_files",
    "load",
    "make_plan",
    "needed_variables",
    "observe",
    "placeholders",
    "plan_destruction",
    "plan_document",
    "read",
    "read_plan",
    "save_plan",
    "show_plan",
    "starting_files",
    "summary",
    "to_document",
    "to_documents",
    "to_github",
    "to_json",
    "to_sarif",
    "to_text",
    "to_yaml",
    "upcoming",
    "write_files",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
