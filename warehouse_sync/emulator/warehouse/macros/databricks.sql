-- Functions and operators of Databricks SQL, in ANSI mode and with the session's time zone UTC.

db__divide(a, b) AS CASE
    WHEN a IS NULL OR b IS NULL THEN NULL
    WHEN b = 0 THEN error('[DIVIDE_BY_ZERO] Division by zero')
    WHEN typeof(a) LIKE 'DECIMAL%' OR typeof(b) LIKE 'DECIMAL%' THEN ws_unsupported('division of DECIMAL')
    ELSE CAST(a AS DOUBLE) / CAST(b AS DOUBLE) END;
db__subtract(a, b) AS ws_subtract(a, b);
db_mod(a, b) AS CASE WHEN b = 0 THEN error('[REMAINDER_BY_ZERO] Remainder by zero') ELSE a % b END;
db_try_divide(a, b) AS CASE WHEN b <> 0 THEN db__divide(a, b) END;

db__cast_string(x) AS CASE
    WHEN ws_is_float(x) AND (TRY_CAST(ws_text(x) AS DOUBLE) = 0 OR abs(TRY_CAST(ws_text(x) AS DOUBLE)) BETWEEN 0.001 AND 9999999) THEN ws_text(x)
    WHEN ws_is_integer(x) OR typeof(x) LIKE 'DECIMAL%' OR typeof(x) IN ('VARCHAR', 'BOOLEAN', 'DATE', 'TIMESTAMP', '"NULL"') THEN ws_text(x)
    WHEN typeof(x) = 'TIMESTAMP WITH TIME ZONE' THEN regexp_replace(ws_text(x), '\+00$', '')
    ELSE ws_unsupported('the text of ' || typeof(x)) END;
db__cast_int(x) AS CASE
    WHEN typeof(x) = 'BOOLEAN' THEN CAST(ws_text(x) = 'true' AS BIGINT)
    WHEN typeof(x) = 'VARCHAR' AND NOT regexp_full_match(trim(ws_text(x)), '[+-]?[0-9]+') THEN error('[CAST_INVALID_INPUT] ' || ws_text(x))
    ELSE CAST(trunc(CAST(ws_text(x) AS DECIMAL(38, 12))) AS BIGINT) END;
db__cast_float(x) AS CAST(ws_text(x) AS DOUBLE);
db__cast_decimal(x, scale) AS ws_text(x);
db__cast_boolean(x) AS CASE
    WHEN lower(trim(ws_text(x))) IN ('true', 't', 'yes', 'y', '1') THEN true
    WHEN lower(trim(ws_text(x))) IN ('false', 'f', 'no', 'n', '0') THEN false
    WHEN ws_is_integer(x) OR ws_is_float(x) THEN TRY_CAST(ws_text(x) AS DOUBLE) <> 0
    WHEN x IS NOT NULL THEN error('[CAST_INVALID_INPUT] ' || ws_text(x)) END;
db__cast_date(x) AS CASE
    WHEN typeof(x) = 'VARCHAR' AND NOT regexp_matches(ws_text(x), '^\d{4}-\d\d-\d\d') THEN ws_unsupported('the date format of ' || ws_text(x))
    ELSE CAST(left(ws_text(x), 10) AS DATE) END;
db__cast_timestamp(x) AS CASE
    WHEN typeof(x) = 'VARCHAR' AND NOT regexp_matches(ws_text(x), '^\d{4}-\d\d-\d\d') THEN ws_unsupported('the timestamp format of ' || ws_text(x))
    WHEN typeof(x) IN ('VARCHAR', 'DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', '"NULL"') THEN CAST(CAST(ws_text(x) AS TIMESTAMPTZ) AS TIMESTAMP)
    ELSE ws_unsupported('a timestamp of ' || typeof(x)) END;
db__cast_timestamptz(x) AS db__cast_timestamp(x);
db__try_cast_int(x VARCHAR) AS CASE WHEN regexp_full_match(trim(x), '[+-]?[0-9]+') THEN TRY_CAST(x AS BIGINT) END;
db__try_cast_float(x VARCHAR) AS TRY_CAST(x AS DOUBLE);
db__try_cast_date(x VARCHAR) AS CASE WHEN regexp_full_match(x, '\d{4}-\d\d-\d\d') THEN TRY_CAST(x AS DATE)
    WHEN regexp_matches(x, '^\s*\d{4}') THEN ws_unsupported('TRY_CAST of this date') END;

db_concat(a, b) AS db__cast_string(a) || db__cast_string(b);
db__add_interval(unit, n, x DATE) AS ws_add_to_date(unit, n, x);
db__add_interval(unit, n, x TIMESTAMP) AS x + ws_step(unit, n);
db__add_interval(unit, n, x TIMESTAMPTZ) AS x + ws_step(unit, n);
db_date_add(x, n) AS db__cast_date(x) + CAST(n AS INTEGER);
db_date_sub(x, n) AS db__cast_date(x) - CAST(n AS INTEGER);
db_add_months(x, n) AS CAST(db__cast_date(x) + to_months(CAST(n AS INTEGER)) AS DATE);
db_dateadd(unit, n, x) AS CAST(x AS TIMESTAMP) + ws_step(unit, n);
db_timestampadd(unit, n, x) AS CAST(x AS TIMESTAMP) + ws_step(unit, n);
db_datediff(a, b) AS date_diff('day', db__cast_date(b), db__cast_date(a));
db_datediff(unit, a, b) AS CASE WHEN unit IN ('year', 'quarter', 'month', 'day', 'hour', 'minute', 'second')
    THEN date_sub(unit, CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP)) ELSE ws_unsupported('the difference in the unit ' || unit) END;
db_timestampdiff(unit, a, b) AS db_datediff(unit, a, b);
db_date_trunc(unit, x) AS ws_trunc(unit, db__cast_timestamp(x));
db_trunc(x, unit) AS CAST(ws_trunc(unit, db__cast_date(x)) AS DATE);
db_date_part(unit, x) AS CASE unit
    WHEN 'dayofweek' THEN dayofweek(x) + 1
    WHEN 'week' THEN weekofyear(x)
    WHEN 'second' THEN ws_unsupported('EXTRACT of SECOND')
    ELSE ws_part(unit, x) END;
db_year(x) AS year(db__cast_date(x));
db_quarter(x) AS quarter(db__cast_date(x));
db_month(x) AS month(db__cast_date(x));
db_day(x) AS day(db__cast_date(x));
db_dayofmonth(x) AS day(db__cast_date(x));
db_dayofweek(x) AS dayofweek(db__cast_date(x)) + 1;
db_weekday(x) AS isodow(db__cast_date(x)) - 1;
db_dayofyear(x) AS dayofyear(db__cast_date(x));
db_weekofyear(x) AS weekofyear(db__cast_date(x));
db_hour(x) AS hour(db__cast_timestamp(x));
db_minute(x) AS minute(db__cast_timestamp(x));
db_second(x) AS second(db__cast_timestamp(x));
db_last_day(x) AS last_day(db__cast_date(x));
db_to_date(x) AS db__cast_date(x);
db_to_date(x, format) AS CAST(strptime(CAST(x AS VARCHAR), format) AS DATE);
db_to_timestamp(x) AS db__cast_timestamp(x);
db_to_timestamp(x, format) AS strptime(CAST(x AS VARCHAR), format);
db_date(x) AS db__cast_date(x);
db_date_format(x, format) AS strftime(db__cast_timestamp(x), format);
db__zone(name) AS CASE WHEN regexp_full_match(name, '[A-Z]\w*(/[A-Z][\w-]*)+|UTC|GMT') THEN name ELSE ws_unsupported('the time zone ' || name) END;
db_from_utc_timestamp(x, zone) AS CAST(db__cast_timestamp(x) AS TIMESTAMPTZ) AT TIME ZONE db__zone(zone);
db_to_utc_timestamp(x, zone) AS CAST(db__cast_timestamp(x) AT TIME ZONE db__zone(zone) AS TIMESTAMP);
db_unix_timestamp(x) AS CAST(floor(epoch(db__cast_timestamp(x))) AS BIGINT);
db_from_unixtime(x) AS strftime(CAST(to_timestamp(x) AS TIMESTAMP), '%Y-%m-%d %H:%M:%S');
db_current_date() AS CAST(getvariable('emulator_now') AS DATE);
db_current_timestamp() AS CAST(getvariable('emulator_now') AS TIMESTAMPTZ);
db_now() AS CAST(getvariable('emulator_now') AS TIMESTAMPTZ);

db_nvl(a, b) AS coalesce(a, b);
db_ifnull(a, b) AS coalesce(a, b);
db_nvl2(x, a, b) AS CASE WHEN x IS NOT NULL THEN a ELSE b END;
db_nullif(a, b) AS nullif(a, b);
db_greatest(a, b) AS greatest(a, b);
db_least(a, b) AS least(a, b);
db_isnull(x) AS x IS NULL;
db_isnotnull(x) AS x IS NOT NULL;
db_iff(condition, a, b) AS CASE WHEN condition THEN a ELSE b END;

db_lower(x) AS lower(db__cast_string(x));
db_upper(x) AS upper(db__cast_string(x));
db_trim(x) AS trim(db__cast_string(x), ' ');
db_ltrim(x) AS ltrim(db__cast_string(x), ' ');
db_rtrim(x) AS rtrim(db__cast_string(x), ' ');
db_length(x) AS length(db__cast_string(x));
db_len(x) AS length(db__cast_string(x));
db_char_length(x) AS length(db__cast_string(x));
db_substring(x, start) AS CASE WHEN start = 0 THEN db__cast_string(x) ELSE substr(db__cast_string(x), start) END;
db_substring(x, start, count) AS CASE
    WHEN start < -length(db__cast_string(x)) THEN ws_unsupported('SUBSTRING from before the first character')
    WHEN count < 0 THEN '' ELSE substr(db__cast_string(x), CASE WHEN start = 0 THEN 1 ELSE start END, count) END;
db_substr(x, start) AS db_substring(x, start);
db_substr(x, start, count) AS db_substring(x, start, count);
db_left(x, count) AS CASE WHEN count < 0 THEN '' ELSE substr(db__cast_string(x), 1, count) END;
db_right(x, count) AS CASE WHEN count <= 0 THEN '' ELSE right(db__cast_string(x), count) END;
db_split_part(x, separator, part) AS CASE WHEN part = 0 THEN error('[INVALID_INDEX_OF_ZERO]') ELSE split_part(db__cast_string(x), separator, part) END;
db_replace(x, old, new) AS replace(db__cast_string(x), old, new);
db_contains(x, part) AS contains(db__cast_string(x), part);
db_startswith(x, part) AS starts_with(db__cast_string(x), part);
db_endswith(x, part) AS ends_with(db__cast_string(x), part);
db_instr(x, part) AS instr(db__cast_string(x), part);
db_lpad(x, count, pad) AS lpad(db__cast_string(x), CAST(count AS INTEGER), pad);
db_rpad(x, count, pad) AS rpad(db__cast_string(x), CAST(count AS INTEGER), pad);
db_reverse(x) AS reverse(db__cast_string(x));
db_repeat(x, count) AS repeat(db__cast_string(x), CAST(count AS BIGINT));
db_md5(x) AS md5(db__cast_string(x));
db_sha2(x, bits) AS CASE WHEN bits IN (0, 256) THEN sha256(db__cast_string(x)) ELSE ws_unsupported('SHA2 with other than 256 bits') END;

db_abs(x) AS abs(x);
db_ceil(x) AS CAST(ceil(x) AS BIGINT);
db_floor(x) AS CAST(floor(x) AS BIGINT);
db_round(x) AS round(x);
db_round(x, places) AS round(x, CAST(places AS INTEGER));
db_sign(x) AS CAST(sign(x) AS DOUBLE);
db_sqrt(x) AS sqrt(x);
db_power(x, y) AS pow(CAST(x AS DOUBLE), CAST(y AS DOUBLE));

-- Names in a path match without regard to case.
db__get_key(x, key) AS json_extract(CAST(x AS JSON), '$."' || list_filter(json_keys(CAST(x AS JSON)), lambda k: lower(k) = lower(key))[1] || '"');
db__get_index(x, key) AS json_extract(CAST(x AS JSON), '$[' || key || ']');
db__json_text(x) AS json_extract_string(x, '$');
db_get_json_object(x, path) AS CASE WHEN contains(path, '*') THEN ws_unsupported('a path with *') ELSE json_extract_string(CAST(x AS JSON), path) END;

db_size(x) AS len(x);
db_array_size(x) AS len(x);
db_array_contains(x, value) AS CASE WHEN value IS NULL THEN NULL WHEN list_contains(x, value) THEN true WHEN len(x) > list_count(x) THEN NULL ELSE list_contains(x, value) END;
db__element(x, i) AS CASE WHEN i < 0 OR i >= len(x) THEN error('[INVALID_ARRAY_INDEX] ' || i) ELSE x[i + 1] END;
db_element_at(x, i) AS CASE WHEN i = 0 OR abs(i) > len(x) THEN error('[INVALID_ARRAY_INDEX_IN_ELEMENT_AT] ' || i) ELSE x[i] END;
db__exists_of(x) AS CASE WHEN list_contains(x, true) THEN true WHEN len(x) > list_count(x) THEN NULL WHEN x IS NOT NULL THEN false END;
db__forall_of(x) AS CASE WHEN list_contains(x, false) THEN false WHEN len(x) > list_count(x) THEN NULL WHEN x IS NOT NULL THEN true END;
db_explode(x) AS TABLE SELECT unnest(x) AS col;
db_posexplode(x) AS TABLE SELECT generate_subscripts(x, 1) - 1 AS pos, unnest(x) AS col;
db_range(count) AS TABLE SELECT range AS id FROM range(CAST(count AS BIGINT));
