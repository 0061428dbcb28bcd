-- Functions and operators of BigQuery. A TIMESTAMP has a time zone, and a DATETIME has none.

bq__divide(a, b) AS CASE
    WHEN a IS NULL OR b IS NULL THEN NULL
    WHEN b = 0 THEN error('division by zero')
    WHEN typeof(a) LIKE 'DECIMAL%' OR typeof(b) LIKE 'DECIMAL%' THEN ws_unsupported('division of NUMERIC')
    ELSE CAST(a AS DOUBLE) / CAST(b AS DOUBLE) END;
bq__subtract(a, b) AS ws_subtract(a, b);
bq_mod(a, b) AS CASE WHEN b = 0 THEN error('division by zero') ELSE a % b END;
bq_safe_divide(a, b) AS CASE WHEN b <> 0 THEN bq__divide(a, b) END;
bq_div(a, b) AS CASE
    WHEN b = 0 THEN error('division by zero')
    WHEN ws_is_integer(a) AND ws_is_integer(b) THEN a // b
    ELSE ws_unsupported('DIV of NUMERIC') END;

bq__cast_string(x) AS CASE
    WHEN ws_is_float(x) THEN ws_float_text(TRY_CAST(ws_text(x) AS DOUBLE))
    WHEN typeof(x) IN ('TIMESTAMP', 'TIMESTAMP WITH TIME ZONE') AND contains(ws_text(x), '.') THEN ws_unsupported('the text of a time with a fraction')
    WHEN ws_is_integer(x) OR typeof(x) IN ('VARCHAR', 'BOOLEAN', 'DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', '"NULL"') THEN ws_text(x)
    ELSE ws_unsupported('the text of ' || typeof(x)) END;
bq__cast_int(x) AS CASE
    WHEN typeof(x) = 'BOOLEAN' THEN CAST(ws_text(x) = 'true' AS BIGINT)
    WHEN typeof(x) = 'VARCHAR' AND NOT regexp_full_match(trim(ws_text(x)), '[+-]?[0-9]+') THEN error('Bad int64 value: ' || ws_text(x))
    ELSE CAST(round(CAST(ws_text(x) AS DECIMAL(38, 12))) AS BIGINT) END;
bq__cast_float(x) AS CAST(ws_text(x) AS DOUBLE);
bq__cast_decimal(x, scale) AS ws_text(x);
bq__cast_boolean(x) AS CASE
    WHEN lower(ws_text(x)) = 'true' THEN true
    WHEN lower(ws_text(x)) = 'false' THEN false
    WHEN ws_is_integer(x) THEN TRY_CAST(ws_text(x) AS BIGINT) <> 0
    WHEN x IS NOT NULL THEN error('Bad bool value: ' || ws_text(x)) END;
bq__cast_date(x) AS CASE
    WHEN typeof(x) = 'VARCHAR' AND NOT regexp_matches(ws_text(x), '^\d{4}-\d\d-\d\d') THEN error('Invalid date: ' || ws_text(x))
    ELSE CAST(left(ws_text(x), 10) AS DATE) END;
bq__cast_timestamp(x) AS CASE
    WHEN typeof(x) IN ('VARCHAR', 'DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', '"NULL"') THEN CAST(regexp_replace(ws_text(x), '\+00$', '') AS TIMESTAMP)
    ELSE ws_unsupported('a DATETIME of ' || typeof(x)) END;
bq__cast_timestamptz(x) AS CASE
    WHEN typeof(x) IN ('VARCHAR', 'DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', '"NULL"') THEN CAST(ws_text(x) AS TIMESTAMPTZ)
    ELSE ws_unsupported('a TIMESTAMP of ' || typeof(x)) END;
bq__try_cast_string(x) AS bq__cast_string(x);
bq__try_cast_int(x) AS CASE
    WHEN typeof(x) <> 'VARCHAR' THEN bq__cast_int(CASE WHEN typeof(x) <> 'VARCHAR' THEN x END)
    WHEN regexp_full_match(trim(ws_text(x)), '[+-]?[0-9]+') THEN TRY_CAST(ws_text(x) AS BIGINT) END;
bq__try_cast_float(x VARCHAR) AS TRY_CAST(x AS DOUBLE);
bq__try_cast_date(x VARCHAR) AS CASE WHEN regexp_full_match(x, '\d{4}-\d\d-\d\d') THEN TRY_CAST(x AS DATE)
    WHEN regexp_matches(x, '^\s*\d+-') THEN ws_unsupported('SAFE_CAST of this date') END;
bq__try_cast_timestamptz(x VARCHAR) AS CASE WHEN regexp_matches(x, '^\d{4}-\d\d-\d\d') THEN TRY_CAST(x AS TIMESTAMPTZ)
    WHEN regexp_matches(x, '^\s*\d+-') THEN ws_unsupported('SAFE_CAST of this timestamp') END;

bq_concat(a, b) AS bq__cast_string(a) || bq__cast_string(b);
bq__add_interval(unit, n, x DATE) AS CAST(x AS TIMESTAMP) + ws_step(unit, n);
bq__add_interval(unit, n, x TIMESTAMP) AS x + ws_step(unit, n);
bq__add_interval(unit, n, x TIMESTAMPTZ) AS x + ws_step(unit, n);
bq__add(unit, n, x DATE) AS ws_add_to_date(unit, n, x);
bq__add(unit, n, x TIMESTAMP) AS x + ws_step(unit, n);
bq__add(unit, n, x TIMESTAMPTZ) AS x + ws_step(unit, n);
bq__sunday(x TIMESTAMP) AS date_trunc('day', x) - to_days(CAST(dayofweek(x) AS INTEGER));
bq_date_diff(a, b, unit) AS CASE unit
    WHEN 'week' THEN date_diff('day', bq__sunday(CAST(b AS TIMESTAMP)), bq__sunday(CAST(a AS TIMESTAMP))) // 7
    WHEN 'isoweek' THEN date_diff('day', date_trunc('week', CAST(b AS TIMESTAMP)), date_trunc('week', CAST(a AS TIMESTAMP))) // 7
    ELSE ws_diff(unit, b, a) END;
bq_datetime_diff(a, b, unit) AS bq_date_diff(a, b, unit);
bq_timestamp_diff(a, b, unit) AS CASE WHEN unit IN ('day', 'hour', 'minute', 'second') THEN date_sub(unit, CAST(b AS TIMESTAMP), CAST(a AS TIMESTAMP))
    ELSE ws_unsupported('TIMESTAMP_DIFF in the unit ' || unit) END;
bq_date_trunc(x DATE, unit) AS CAST(CASE unit WHEN 'week' THEN bq__sunday(CAST(x AS TIMESTAMP)) ELSE ws_trunc(unit, x) END AS DATE);
bq_date_trunc(x TIMESTAMP, unit) AS CASE unit WHEN 'week' THEN bq__sunday(x) ELSE ws_trunc(unit, x) END;
bq_datetime_trunc(x TIMESTAMP, unit) AS CASE unit WHEN 'week' THEN bq__sunday(x) ELSE ws_trunc(unit, x) END;
bq_timestamp_trunc(x TIMESTAMPTZ, unit) AS CAST(CASE unit WHEN 'week' THEN bq__sunday(CAST(x AS TIMESTAMP)) ELSE ws_trunc(unit, x) END AS TIMESTAMPTZ);
bq__extract(unit, x) AS CASE unit
    WHEN 'dayofweek' THEN dayofweek(x) + 1
    ELSE ws_part(unit, x) END;
bq_date(x) AS bq__cast_date(x);
bq_date(year, month, day) AS make_date(CAST(year AS BIGINT), CAST(month AS BIGINT), CAST(day AS BIGINT));
bq_timestamp(x) AS bq__cast_timestamptz(x);
bq_datetime(x) AS bq__cast_timestamp(x);
bq_timestamp_seconds(x) AS to_timestamp(x);
bq_timestamp_millis(x) AS CAST(epoch_ms(CAST(x AS BIGINT)) AS TIMESTAMPTZ);
bq_unix_seconds(x TIMESTAMPTZ) AS CAST(floor(epoch(x)) AS BIGINT);
bq_unix_millis(x TIMESTAMPTZ) AS CAST(floor(epoch_us(x) / 1000) AS BIGINT);
bq_last_day(x) AS last_day(x);
bq_format_date(format, x DATE) AS strftime(x, format);
bq_format_timestamp(format, x TIMESTAMPTZ) AS strftime(CAST(x AS TIMESTAMP), format);
bq_parse_date(format, x) AS CAST(strptime(CAST(x AS VARCHAR), format) AS DATE);
bq_parse_timestamp(format, x) AS CAST(strptime(CAST(x AS VARCHAR), format) AS TIMESTAMPTZ);
bq_current_date() AS CAST(getvariable('emulator_now') AS DATE);
bq_current_timestamp() AS CAST(getvariable('emulator_now') AS TIMESTAMPTZ);

bq_ifnull(a, b) AS coalesce(a, b);
bq_nullif(a, b) AS nullif(a, b);
bq_greatest(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN greatest(a, b) END;
bq_least(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN least(a, b) END;

bq_lower(x VARCHAR) AS lower(x);
bq_upper(x VARCHAR) AS upper(x);
bq_trim(x VARCHAR) AS regexp_replace(x, '^\s+|\s+$', '', 'g');
bq_trim(x VARCHAR, characters) AS trim(x, characters);
bq_ltrim(x VARCHAR) AS regexp_replace(x, '^\s+', '');
bq_ltrim(x VARCHAR, characters) AS ltrim(x, characters);
bq_rtrim(x VARCHAR) AS regexp_replace(x, '\s+$', '');
bq_rtrim(x VARCHAR, characters) AS rtrim(x, characters);
bq_length(x VARCHAR) AS length(x);
bq_char_length(x VARCHAR) AS length(x);
bq_substr(x VARCHAR, start) AS CASE WHEN start = 0 OR start < -length(x) THEN x ELSE substr(x, start) END;
bq_substr(x VARCHAR, start, count) AS CASE
    WHEN count < 0 THEN error('Third argument in SUBSTR() cannot be negative')
    WHEN start = 0 OR start < -length(x) THEN substr(x, 1, count)
    ELSE substr(x, start, count) END;
bq_substring(x VARCHAR, start) AS bq_substr(x, start);
bq_substring(x VARCHAR, start, count) AS bq_substr(x, start, count);
bq_left(x VARCHAR, count) AS CASE WHEN count < 0 THEN error('Second argument in LEFT() cannot be negative') ELSE left(x, count) END;
bq_right(x VARCHAR, count) AS CASE WHEN count < 0 THEN error('Second argument in RIGHT() cannot be negative') ELSE right(x, count) END;
bq_replace(x VARCHAR, old, new) AS CASE WHEN old = '' THEN x ELSE replace(x, old, new) END;
bq_split(x VARCHAR) AS string_split(x, ',');
bq_split(x VARCHAR, separator) AS string_split(x, separator);
bq_contains_substr(x VARCHAR, part) AS CASE WHEN regexp_full_match(x || part, '[ -~]*') THEN contains(lower(x), lower(part)) ELSE ws_unsupported('CONTAINS_SUBSTR of other than ASCII') END;
bq_starts_with(x VARCHAR, part) AS starts_with(x, part);
bq_ends_with(x VARCHAR, part) AS ends_with(x, part);
bq_strpos(x VARCHAR, part) AS instr(x, part);
bq_lpad(x VARCHAR, count, pad) AS lpad(x, CAST(count AS INTEGER), pad);
bq_rpad(x VARCHAR, count, pad) AS rpad(x, CAST(count AS INTEGER), pad);
bq_reverse(x VARCHAR) AS reverse(x);
bq_repeat(x VARCHAR, count) AS repeat(x, CAST(count AS BIGINT));
bq_to_hex(x BLOB) AS lower(hex(x));
bq_md5(x VARCHAR) AS unhex(md5(x));
bq_sha256(x VARCHAR) AS unhex(sha256(x));
bq_regexp_contains(x VARCHAR, pattern) AS regexp_matches(x, pattern);

bq_abs(x) AS abs(x);
bq_ceil(x) AS ceil(x);
bq_floor(x) AS floor(x);
bq_round(x) AS CASE WHEN ws_is_integer(x) THEN CAST(x AS DOUBLE) ELSE round(x) END;
bq_round(x, places) AS round(x, CAST(places AS INTEGER));
bq_sign(x) AS sign(x);
bq_sqrt(x) AS sqrt(x);
bq_pow(x, y) AS pow(CAST(x AS DOUBLE), CAST(y AS DOUBLE));

bq__path(path) AS regexp_replace(path, '\[''([^'']*)''\]', '."\1"', 'g');
bq__json(x) AS CASE
    WHEN typeof(x) = 'JSON' OR json_valid(CAST(x AS VARCHAR)) THEN CAST(x AS JSON)
    WHEN x IS NOT NULL THEN ws_unsupported('a path in malformed JSON') END;
bq_json_value(x, path) AS CASE WHEN json_type(bq__json(x), bq__path(path)) NOT IN ('ARRAY', 'OBJECT') THEN json_extract_string(bq__json(x), bq__path(path)) END;
bq_json_value(x) AS CASE WHEN json_type(bq__json(x)) NOT IN ('ARRAY', 'OBJECT') THEN json_extract_string(bq__json(x), '$') END;
bq_json_extract_scalar(x, path) AS bq_json_value(x, path);
-- A JSON null in a string is NULL.
bq_json_query(x, path) AS CASE WHEN typeof(x) = 'JSON' OR json_type(bq__json(x), bq__path(path)) <> 'NULL'
    THEN CAST(ws_json(json_extract(bq__json(x), bq__path(path))) AS VARCHAR) END;
bq_json_extract(x, path) AS bq_json_query(x, path);
bq_json_value_array(x, path) AS CASE WHEN json_type(bq__json(x), bq__path(path)) = 'ARRAY' THEN json_extract_string(bq__json(x), bq__path(path) || '[*]') END;
bq_json_query_array(x, path) AS CASE WHEN json_type(bq__json(x), bq__path(path)) = 'ARRAY' THEN [CAST(each AS VARCHAR) FOR each IN json_extract(bq__json(x), bq__path(path) || '[*]')] END;
bq_parse_json(x) AS ws_json(x);
bq_to_json_string(x) AS CASE WHEN typeof(x) IN ('JSON', 'VARCHAR', 'BOOLEAN') OR ws_is_integer(x) THEN CAST(to_json(x) AS VARCHAR) ELSE ws_unsupported('TO_JSON_STRING of ' || typeof(x)) END;

bq_array_length(x) AS len(x);
bq__element(x, i) AS CASE WHEN i < 0 OR i >= len(x) THEN error('Array index ' || i || ' is out of bounds') ELSE x[i + 1] END;
bq_unnest(x) AS TABLE SELECT unnest(x) AS value, generate_subscripts(x, 1) - 1 AS "offset";
