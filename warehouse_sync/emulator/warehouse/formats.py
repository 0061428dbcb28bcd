"""Date formats and units of time of the warehouses, as DuckDB writes them."""

import re

# Elements of a format and what DuckDB calls them; longer ones come first.
_SNOWFLAKE = {
    "yyyy": "%Y", "mmmm": "%B", "hh24": "%H", "hh12": "%I", "mon": "%b", "ff3": "%g", "ff6": "%f", "yy": "%y", "mm": "%m",
    "dd": "%d", "dy": "%a", "mi": "%M", "ss": "%S", "am": "%p", "pm": "%p",
}  # fmt: skip
_REDSHIFT = {
    "YYYY": "%Y", "HH24": "%H", "HH12": "%I", "Mon": "%b", "MM": "%m", "DD": "%d", "Dy": "%a", "MI": "%M", "SS": "%S",
    "MS": "%g", "US": "%f", "AM": "%p", "PM": "%p", "YY": "%y", "HH": "%I", "DDD": "%j",
}  # fmt: skip
_DATABRICKS = {
    "yyyy": "%Y", "MMMM": "%B", "EEEE": "%A", "MMM": "%b", "EEE": "%a", "SSS": "%g", "yy": "%y", "MM": "%m", "dd": "%d",
    "HH": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "a": "%p", "E": "%a", "y": "%Y",
}  # fmt: skip
_BIGQUERY = {f"%{letter}": f"%{letter}" for letter in "YmdHIMSybBaAjp"} | {"%F": "%Y-%m-%d", "%T": "%H:%M:%S"}
_ELEMENTS = {
    "Snowflake": _SNOWFLAKE,
    "Redshift": _REDSHIFT,
    "Databricks": _DATABRICKS,
    "BigQuery": _BIGQUERY,
}
_QUOTES = {"Snowflake": '"', "Redshift": '"', "Databricks": "'"}

_UNITS = {
    "year": "year years y yy yyy yyyy yr yrs",
    "quarter": "quarter quarters q qtr qtrs",
    "month": "month months mon mons mm",
    "week": "week weeks w wk weekofyear",
    "isoweek": "isoweek weekiso week_iso",
    "day": "day days d dd dayofmonth",
    "dayofweek": "dayofweek dow weekday dw",
    "dayofweekiso": "dayofweekiso dayofweek_iso dow_iso isodow",
    "dayofyear": "dayofyear doy yearday",
    "hour": "hour hours h hh hr hrs",
    "minute": "minute minutes mi min mins",
    "second": "second seconds s sec secs",
    "epoch": "epoch epoch_second epoch_seconds",
}
_NAMES = {name: unit for unit, names in _UNITS.items() for name in names.split()}


def unit_of(name: str) -> str | None:
    """Return the unit of time or the part of a date with a name, or None."""
    return _NAMES.get(name.lower())


def duckdb_format(text: str, provider: str) -> str | None:
    """Return a date format as DuckDB writes it, or None if an element is unknown."""
    elements = _ELEMENTS[provider]
    quote = _QUOTES.get(provider)
    # Longest first, so that MMMM is not two times MM.
    patterns = [re.escape(each) for each in sorted(elements, key=len, reverse=True)]
    quoted = rf"{quote}[^{quote}%]*{quote}" if quote else "(?!)"
    flags = re.IGNORECASE if provider == "Snowflake" else re.NOFLAG
    # Letters are elements; Snowflake and Redshift copy a `T` as it is.
    separator = {"BigQuery": "[^%]", "Databricks": "[^A-Za-z%']"}.get(provider, 'T|[^A-Za-z%"]')
    tokens = re.compile(f"({'|'.join(patterns)})|({quoted})|({separator})", flags)
    found, position = list[str](), 0
    while position < len(text):
        match = tokens.match(text, position)
        if match is None:
            return None
        element, literal, other = match.groups()
        key = (element or "").lower() if provider == "Snowflake" else element
        found.append(elements[key] if element else literal[1:-1] if literal else other)
        position = match.end()
    return "".join(found)
