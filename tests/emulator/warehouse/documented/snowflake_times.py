"""What Snowflake's documentation says of dates and times."""

from datetime import date

from tests.emulator.warehouse.documented import Rule
from tests.emulator.warehouse.documented.times import NOW, local

TIMES = {
    "functions/to_date": {
        "TO_DATE('2024-05-10')": date(2024, 5, 10),
        "TO_DATE(TO_TIMESTAMP('2024.10.02 04:00:00', 'YYYY.MM.DD HH24:MI:SS'))": date(2024, 10, 2),
        "TO_DATE('2024.05.10', 'YYYY.MM.DD')": date(2024, 5, 10),
        "TO_DATE('05/10/2024', 'MM/DD/YYYY')": date(2024, 5, 10),
        "TO_DATE('2024-05-10', 'AUTO')": "unsupported",
        "TO_DATE('31536000')": "unsupported",
    },
    "functions/try_to_date": {
        "TRY_TO_DATE('2024-05-10')": date(2024, 5, 10),
        "TRY_TO_DATE('Invalid')": None,
        "TRY_TO_DATE('05/10/2024', 'MM/DD/YYYY')": "unsupported",
    },
    "functions/to_timestamp": {
        "TO_TIMESTAMP_NTZ('2024-04-05 01:02:03')": local(2024, 4, 5, 1, 2, 3),
        "TO_TIMESTAMP('04/05/2013 01:02:03', 'mm/dd/yyyy hh24:mi:ss')": Rule(local(2013, 4, 5, 1, 2, 3)),
        "TO_TIMESTAMP('2013-04-05 01:02:03')": Rule(local(2013, 4, 5, 1, 2, 3)),
        "TO_TIMESTAMP_NTZ('05.04.2013', 'dd.mm.yyyy')": Rule(local(2013, 4, 5)),
        "TO_TIMESTAMP('31536000')": "unsupported",
        "TO_TIMESTAMP_NTZ(0)": "unsupported",
    },
    "functions/try_to_timestamp": {
        "TRY_TO_TIMESTAMP('2024-01-15 12:30:00')": local(2024, 1, 15, 12, 30),
        "TRY_TO_TIMESTAMP('Invalid')": None,
    },
    "functions/dateadd": {
        "DATEADD(year, 2, TO_DATE('2022-05-08'))": date(2024, 5, 8),
        "DATEADD(year, -2, TO_DATE('2022-05-08'))": date(2020, 5, 8),
        "DATEADD(hour, 2, '2022-04-05'::date)": local(2022, 4, 5, 2),
        "DATEADD(month, 1, '2023-01-31'::DATE)": date(2023, 2, 28),
        "DATEADD(month, 1, '2023-02-28'::DATE)": date(2023, 3, 28),
        "DATEADD(hour, 2, '2013-05-08 10:00:00'::timestamp)": Rule(local(2013, 5, 8, 12)),
    },
    "functions/datediff": {
        "DATEDIFF(year, '2020-04-09 14:39:20'::TIMESTAMP, '2023-05-08 23:39:20'::TIMESTAMP)": 3,
        "DATEDIFF(hour, '2023-05-08T23:39:20.123-07:00'::TIMESTAMP, DATEADD(year, 2, ('2023-05-08T23:39:20.123-07:00')::TIMESTAMP))": 17544,
        "DATEDIFF(year, '2015-12-31', '2016-01-01')": 1,
        "DATEDIFF(month, '2016-01-01', '2017-12-31')": 23,
        "DATEDIFF(month, '2016-08-23', '2016-09-07')": 1,
        "DATEDIFF(day, '2016-08-23', '2016-09-07')": 15,
        "'2017-12-31'::DATE - '2016-01-01'::DATE": 730,
        "DATEDIFF(hour, '2016-01-01 01:59:59'::TIMESTAMP, '2016-01-01 02:00:00'::TIMESTAMP)": 1,
        "DATEDIFF(minute, '2016-01-01 01:00:59'::TIMESTAMP, '2016-01-01 02:00:00'::TIMESTAMP)": 60,
        "DATEDIFF(second, '2016-01-01 01:00:00'::TIMESTAMP, '2016-01-01 01:59:00'::TIMESTAMP)": 3540,
    },
    "functions/date_trunc": {
        "DATE_TRUNC('year', '2024-05-09'::DATE)": date(2024, 1, 1),
        "DATE_TRUNC('month', '2024-05-09'::DATE)": date(2024, 5, 1),
        "DATE_TRUNC('week', '2024-05-09'::DATE)": date(2024, 5, 6),
        "DATE_TRUNC('day', '2024-05-09'::DATE)": date(2024, 5, 9),
        "DATE_TRUNC('hour', '2024-05-09 08:50:57.891 -0700'::TIMESTAMP)": local(2024, 5, 9, 8),
        "DATE_TRUNC('minute', '2024-05-09 08:50:57.891 -0700'::TIMESTAMP)": local(2024, 5, 9, 8, 50),
        "DATE_TRUNC('quarter', '2024-05-09 08:50:57.891 -0700'::TIMESTAMP)": local(2024, 4, 1),
    },
    "functions/date_part": {
        "DATE_PART(quarter, '2024-04-08'::DATE)": 2,
        "DATE_PART(year, TO_TIMESTAMP('2024-04-08T23:39:20.123-07:00'))": 2024,
        "DATE_PART(epoch_second, TO_TIMESTAMP('2024-04-08T23:39:20.123-07:00'))": 1712619560,
        "DATE_PART(epoch_millisecond, TO_TIMESTAMP('2024-04-08T23:39:20.123-07:00'))": "unsupported",
        "'2025-04-08T23:39:20.123-07:00'::TIMESTAMP::DATE": date(2025, 4, 8),
    },
    "functions/extract": {"EXTRACT(year FROM TO_TIMESTAMP('2024-04-10T23:39:20.123-07:00'))": 2024},
    "functions/year": {
        "YEAR('2025-04-11T23:39:20.123-07:00'::TIMESTAMP)": 2025,
        "QUARTER('2025-04-11T23:39:20.123-07:00'::TIMESTAMP)": 2,
        "MONTH('2025-04-11T23:39:20.123-07:00'::TIMESTAMP)": 4,
        "DAY('2025-04-11T23:39:20.123-07:00'::TIMESTAMP)": 11,
        "DAYOFMONTH('2025-04-11T23:39:20.123-07:00'::TIMESTAMP)": 11,
        "DAYOFYEAR('2025-04-11T23:39:20.123-07:00'::TIMESTAMP)": 101,
        "WEEK('2016-01-02T23:39:20.123-07:00'::TIMESTAMP)": 53,
        "DAYOFWEEKISO('2025-04-05T23:39:20.123-07:00'::TIMESTAMP)": 6,
    },
    "functions-date-time": {
        "DAYOFWEEK('2017-01-01'::date)": 0,
        "DAYOFWEEK('2016-12-31'::date)": 6,
        "DATE_TRUNC('week', '2017-01-01'::date)": date(2016, 12, 26),
        "WEEK('2017-01-01'::date)": 52,
        "WEEK('2017-01-02'::date)": 1,
        "DATEDIFF('week', '2017-01-01', '2017-12-30'::date)": "unsupported",
        "DATE_PART(dayofweek, '2016-01-02'::date)": Rule(6),
        "DATE_PART(dayofweekiso, '2016-01-03'::date)": Rule(7),
        "DATE_PART(week, '2016-01-03'::date)": Rule(53),
    },
    "functions/hour-minute-second": {
        "HOUR('2025-04-08T23:39:20.123-07:00'::TIMESTAMP)": 23,
        "MINUTE('2025-04-08T23:39:20.123-07:00'::TIMESTAMP)": 39,
        "SECOND('2025-04-08T23:39:20.123-07:00'::TIMESTAMP)": 20,
    },
    "functions/last_day": {
        "LAST_DAY(TO_DATE('2025-05-08T23:39:20.123-07:00'))": date(2025, 5, 31),
        "LAST_DAY(TO_DATE('2024-05-08T23:39:20.123-07:00'), 'year')": "unsupported",
    },
    "functions/monthname": {
        "MONTHNAME(TO_DATE('2025-01-01'))": "Jan",
        "MONTHNAME(TO_TIMESTAMP('2025-04-03 10:00'))": "Apr",
        "TO_CHAR(TO_DATE('2025-01-01'), 'MMMM')": "January",
    },
    "functions/dayname": {
        "DAYNAME(TO_DATE('2024-04-01'))": "Mon",
        "DAYNAME(TO_TIMESTAMP_NTZ('2024-04-02 10:00'))": "Tue",
    },
    "functions/current_timestamp": {
        "CURRENT_DATE": Rule(NOW.date()),
        "CURRENT_TIMESTAMP()": Rule(NOW),
        "CURRENT_TIME": "unsupported",
        "GETDATE()": Rule(NOW),
        "SYSDATE()": Rule(NOW.replace(tzinfo=None)),
    },
    "data-types-datetime": {
        "TO_DATE('2024-01-01') + INTERVAL '1-1' YEAR TO MONTH": "unsupported",
        "'2018-04-15'::date + INTERVAL '1 month'": Rule(date(2018, 5, 15)),
        "'2018-04-15 10:00:00'::timestamp - INTERVAL '90 minutes'": Rule(local(2018, 4, 15, 8, 30)),
    },
}
