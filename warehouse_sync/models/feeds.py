"""Feeds: the inputs of a workspace that pipelines send data to.

Source: Platform API, "Feeds". The Warehouse Sync reference refers to it for `partner_feed_id`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import attrs

from warehouse_sync.base_model import BaseModel, SentModel
from warehouse_sync.models.common import (
    FieldProblem,
    check_extra,
    check_secret,
    check_text,
    to_spec,
)
from warehouse_sync.numeric import shorten
from warehouse_sync.secret import Secret, to_secret

NO_VALUE = "has no value, because the API returns no secrets: set the value, or leave the setting out"


@attrs.frozen(kw_only=True, repr=False)
class FeedSetting(SentModel):
    """A setting of a feed.

    Attributes:
        name: The name of the setting, such as `apiKey`.
        value: The value. It is a secret, because any setting can be a credential. `None` if the API does not return it.
        extra: Fields that this release does not know, kept and sent back.
    """

    name: str
    value: Secret | None = attrs.field(default=None, converter=to_secret)
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)

    def problems(self, path: str) -> Iterator[FieldProblem]:
        """Yield each invalid field as `(field, message)`.

        Args:
            path: The path of the setting, such as `settings[0]`.
        """
        yield from check_text(f"{path}.name", self.name)
        if self.value is None:
            yield f"{path}.value", NO_VALUE
        else:
            yield from check_secret(f"{path}.value", self.value)
        yield from check_extra(self.extra, f"{path}.extra")


def _to_settings(value: Iterable[FeedSetting]) -> tuple[FeedSetting, ...]:
    """Convert a list to a tuple, and return other values unchanged: validation reports them."""
    return tuple(value) if isinstance(value, list) else value  # type: ignore[return-value] # see above


@attrs.frozen(kw_only=True, repr=False)
class FeedSpec(SentModel):
    """The fields of a feed to create or update. The API assigns the id.

    Attributes:
        module_name: The kind of feed, such as `MailChimp`.
        name: The display name.
        os: The platform that the feed acts as; `Unknown` for none.
        is_debug: Whether the feed receives development data.
        settings: The settings that the kind of feed requires, often none.
        extra: Fields that this release does not know, kept and sent back.
    """

    module_name: str
    name: str
    os: str = "Unknown"
    is_debug: bool = False
    settings: tuple[FeedSetting, ...] = attrs.field(default=(), converter=_to_settings)
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)

    def problems(self) -> Iterator[FieldProblem]:
        """Yield each invalid field as `(field, message)`."""
        yield from check_text("module_name", self.module_name)
        yield from check_text("name", self.name)
        yield from check_text("os", self.os)
        yield from _flag_problems("is_debug", self.is_debug)
        yield from _settings_problems(self.settings)
        yield from check_extra(self.extra)


def _flag_problems(field: str, value: object) -> Iterator[FieldProblem]:
    if value is None:
        yield field, "is required"
    elif not isinstance(value, bool):
        yield field, f"must be True or False, not {shorten(value)}"


def _settings_problems(settings: object) -> Iterator[FieldProblem]:
    if not isinstance(settings, tuple):
        yield "settings", f"must be a list of FeedSetting, not {type(settings).__name__}"
        return
    names: list[object] = []
    for index, setting in enumerate(settings):
        path = f"settings[{index}]"
        if not isinstance(setting, FeedSetting):
            yield path, f"must be a FeedSetting, not {type(setting).__name__}"
            continue
        yield from setting.problems(path)
        if setting.name in names:
            yield f"{path}.name", f"{setting.name[:60]!r} is set before: remove one of the settings"
        names.append(setting.name)


@attrs.frozen(kw_only=True, repr=False)
class Feed(BaseModel):
    """A feed returned by the API.

    The API does not return the server-to-server key and secret of a feed; they are shown in mParticle's web interface. A list of feeds
    has only `id`, `name` and `created_on`.

    Attributes:
        id: The number of the feed, for `partner_feed_id` of a pipeline.
        name: The display name.
        module_name: The kind of feed, such as `MailChimp`; `None` in a list.
        os: The platform that the feed acts as; `None` in a list.
        is_debug: Whether the feed receives development data; `None` in a list.
        settings: The settings; empty in a list. The API does not return the values of secret ones.
        created_on: When it was created, in UTC; `None` if the API does not send it.
        extra: Fields that this release does not know; `to_spec()` keeps them.
    """

    id: int
    name: str
    module_name: str | None = None
    os: str | None = None
    is_debug: bool | None = None
    settings: tuple[FeedSetting, ...] = ()
    created_on: datetime | None = None
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)

    def to_spec(self) -> FeedSpec:
        """Return the spec with the same fields, to pass to `feeds.update`.

        Get the feed of a list first, and set the values of its secret settings.
        """
        return to_spec(self, FeedSpec)
