"""Notes and blockers of a plan that concern the owners of resources."""

from collections.abc import Iterable, Iterator

from warehouse_sync.declarative.files.declarations import Declarations, Key
from warehouse_sync.declarative.files.fields import FEED, KINDS
from warehouse_sync.declarative.planning.state import State

_NOUNS = {kind.name: kind.noun for kind in KINDS}
_MAX_NAMED = 20


def named(keys: Iterable[Key]) -> str:
    """Return the kinds and ids of resources as text."""
    names = [f"{_NOUNS.get(kind, kind)} {resource_id}" for kind, resource_id in keys]
    rest = len(names) - _MAX_NAMED
    return ", ".join(names) if rest <= 0 else f"{', '.join(names[:_MAX_NAMED])} and {rest} more"


def split_shared(state: State, keys: frozenset[Key]) -> tuple[list[Key], list[Key]]:
    """Split resources into those that only the owner declares and the others."""
    shared = {key for key in keys if state.ownership[key].others}
    return sorted(keys - shared), sorted(shared)


def skipped_notes(declarations: Declarations) -> Iterator[str]:
    """Yield what is skipped, and what is declared but not sent."""
    for declared in declarations.field_transformations:
        yield (
            f"Not sent: the field transformation {declared.id}, because mParticle documents no routes for it. "
            "Create it in mParticle."
        )
    yield from (f"Skipped: {problem}." for problem in declarations.skipped)


def ownership_notes(state: State, existing: frozenset[Key], adopted: frozenset[str]) -> Iterator[str]:
    """Yield which declared resources `apply` takes over."""
    new = sorted(existing - state.ownership.keys())
    if new:
        yield f"Not managed by any files so far; apply makes these files manage: {named(new)}."
    for key in sorted(existing):
        owner = state.other_owner(key)
        if owner is not None and key[1] in adopted:
            yield f"Taken over from {owner}: {named([key])}."


def takeover_blockers(state: State, existing: frozenset[Key], adopted: frozenset[str]) -> Iterator[str]:
    """Yield the declared resources that other files manage and that are not adopted."""
    for key in sorted(existing):
        owner = state.other_owner(key)
        if owner is not None and key[1] not in adopted:
            yield f"{named([key])} is managed by {owner}: remove it from these files, or take it over with --adopt {key[1]}"


def delete_blockers(declarations: Declarations, *, deletes: bool) -> Iterator[str]:
    """Yield why nothing is deleted: a skipped file can declare what would be."""
    if deletes:
        yield from (f"deletes need all files, but {problem}" for problem in declarations.skipped)
        if not declarations.resources:
            yield "the files declare no resources, so nothing is pruned: destroy deletes all that they manage"


def prune_blockers(state: State, unmanaged: tuple[Key, ...]) -> Iterator[str]:
    """Yield why it is unknown what these files managed."""
    if state.missing and unmanaged:
        yield (
            f"--prune needs the state to know what these files managed, but {state.missing}: "
            f"apply without --prune first. Not declared: {named(unmanaged)}"
        )


def moved_notes(declarations: Declarations, state: State, there: frozenset[Key]) -> Iterator[str]:
    """Yield what happens to resources that have another id."""
    renamed = renamed_feeds(declarations, state, there)
    for each in declarations.moved:
        key = (each.kind, each.old)
        if renamed.get((each.kind, each.new)) == key:
            yield f"Renamed: {named([key])} becomes {each.new}, and keeps its id."
        elif each.kind == FEED.name and key in state.managed & there:
            why = f"{each.new} exists" if (each.kind, each.new) in there else "other files still declare it"
            yield f"Moved to {each.new}, but not renamed, because {why}: {named([key])}."
        elif key in state.managed & there:
            yield (
                f"Moved: {named([key])} becomes {each.new}. The API cannot rename an id, so apply creates {each.new}, "
                f"changes the pipelines in these files, and deletes {each.old}."
            )
        elif key in there:
            yield f"Moved to {each.new}, but not deleted, since these files do not manage it: {named([key])}."


def moved_blockers(
    declarations: Declarations, state: State, there: frozenset[Key], *, targeted: bool
) -> Iterator[str]:
    """Yield why resources that have another id or name cannot be changed by this plan."""
    pending = [each for each in declarations.moved if (each.kind, each.old) in there]
    if any((each.kind, each.old) in state.managed for each in pending):
        if targeted:
            yield "moved entries need a plan of all resources: remove --target"
        if declarations.elsewhere and declarations.environment is not None:
            yield f"moved entries need the whole project: plan {declarations.environment.project.root}"
    for each in pending:
        is_new = (each.kind, each.new) not in there
        if each.kind == FEED.name and is_new and state.missing and (each.kind, each.old) not in state.managed:
            yield (
                f"{named([(each.kind, each.old)])} exists and these files do not manage it, so apply would create {each.new} beside it: "
                "share the state, or rename the feed in mParticle"
            )


def renamed_feeds(declarations: Declarations, state: State, there: frozenset[Key]) -> dict[Key, Key]:
    """Return the old key of each feed that apply renames, by the new key."""
    return {
        (each.kind, each.new): (each.kind, each.old)
        for each in declarations.moved
        if each.kind == FEED.name
        and (each.kind, each.old) in state.managed & there
        and not state.ownership[each.kind, each.old].others
        and (each.kind, each.new) not in there
    }


def destroy_blockers(declarations: Declarations) -> Iterator[str]:
    """Yield why a part of a project cannot be destroyed."""
    if declarations.elsewhere and declarations.environment is not None:
        root = declarations.environment.project.root
        yield f"{declarations.files} is only a part of the project: destroy {root}, or remove files and apply with --prune"


def shared_notes(state: State, shared: list[Key]) -> Iterator[str]:
    """Yield the resources that are kept because other files still declare them."""
    for key in shared:
        others = ", ".join(state.ownership[key].others)
        yield f"Kept: {named([key])} is still declared in {others}. Apply those files without it first."


def unmanaged_notes(kept: list[Key]) -> Iterator[str]:
    """Yield the declared resources that `destroy` keeps."""
    if kept:
        yield f"Declared but not last applied from these files, so not deleted: {named(kept)}. --unmanaged deletes them."
