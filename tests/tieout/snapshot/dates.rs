//! Days and moments.

use super::*;

#[test]
fn days_are_read_in_every_usual_form() {
    check(
        ColumnType::Date,
        &[
            ("20241105", "2024-11-05"),
            ("2024-11-05", "2024-11-05"),
            ("2024/11/5", "2024-11-05"),
            ("2024.11.5", "2024-11-05"),
            ("2024年11月5日", "2024-11-05"),
            ("２０２４－１１－０５", "2024-11-05"),
            (" 2024-11-05 ", "2024-11-05"),
            ("=\"2024-11-05\"", "2024-11-05"),
            ("2024/11/5 0:00:00", "2024-11-05"),
            ("2024-11-05T23:59:59.9999999", "2024-11-05"),
            ("2024年11月5日 08:30", "2024-11-05"),
            ("2024-02-29", "2024-02-29"),
            ("", "null"),
            ("0000-00-00", "null"),
            ("0000-00-00 00:00:00", "null"),
            ("00000000", "null"),
            ("0001-01-01T00:00:00", "null"),
            ("1900/1/1", "null"),
            ("1899-12-30", "null"),
            ("9999-12-31 23:59:59", "null"),
        ],
    );
    let doubtful = [
        "24-11-5",
        "2024-11",
        "2024年11月",
        "113/11/05",
        "民国113年11月5日",
        "2024-13-01",
        "2023-02-29",
        "2024-11-31",
        "2024-11/05",
        "2024-11-05x",
        "2024-11-05T",
        "2024-11-05 25:00",
        "2024-11-05 24:00:00",
        "2024-00-00",
        "05.11.2024",
        "11/5/2024",
        "45601",
        "202411",
        "2024110",
        "2024-11-05 08:30 pm",
        "2024-11-05T08:30:00+25:00",
        "2024-1105",
        "0000-01-01",
        "20241105 8",
        "明天",
    ];
    check(ColumnType::Date, &doubtful.map(|text| (text, "?")));
}

#[test]
fn an_instant_becomes_the_day_of_the_sources_zone() {
    check(
        ColumnType::Date,
        &[
            ("2024-11-04T16:00:00.000Z", "2024-11-05"),
            ("2024-11-04T15:59:59Z", "2024-11-04"),
            ("2024-11-05T00:30:00+09:00", "2024-11-04"),
            ("2024-11-05 00:30:00 +0800", "2024-11-05"),
            ("2024-11-04T18:00:00-05", "2024-11-05"),
            ("0001-01-01T00:00:00Z", "null"),
        ],
    );
    let zoned = Int64Chunked::from_slice("x".into(), &[1_730_736_000_000]);
    let zoned = zoned.into_datetime(TimeUnit::Milliseconds, Some(polars::prelude::TimeZone::UTC)).into_column();
    check_column(column("x", ColumnType::Date), zoned, &["2024-11-05"]);
}

#[test]
fn days_come_from_dates_date_times_and_whole_numbers() {
    let date = || column("x", ColumnType::Date);
    let days = Int32Chunked::from_slice_options("x".into(), &[Some(20_032), None, Some(-25_567), Some(i32::MAX)]);
    check_column(date(), days.into_date().into_column(), &["2024-11-05", "null", "null", "unreadable: day 2147483647"]);
    for (unit, second) in
        [(TimeUnit::Milliseconds, 1_000), (TimeUnit::Microseconds, 1_000_000), (TimeUnit::Nanoseconds, 1_000_000_000)]
    {
        let ticks = [1_730_851_199 * second, -second, 0];
        let ticks = Int64Chunked::from_slice("x".into(), &ticks).into_datetime(unit, None).into_column();
        check_column(date(), ticks, &["2024-11-05", "1969-12-31", "1970-01-01"]);
    }
    let numbers = Int64Chunked::from_slice("x".into(), &[20_241_105, 0, 241_105, 20_241_301, -20_241_105]);
    check_column(
        date(),
        numbers.into_column(),
        &["2024-11-05", "null", "unreadable: 241105", "unreadable: 20241301", "unreadable: -20241105"],
    );
}

#[test]
fn a_naive_moment_stands_in_the_sources_zone() {
    check(
        ColumnType::Instant,
        &[
            ("2024-11-05T08:00:00", "2024-11-05T00:00:00Z"),
            ("2024-11-05 08:00:00.123456", "2024-11-05T00:00:00.123456Z"),
            ("2024-11-05 08:00:00.1234567", "2024-11-05T00:00:00.123456Z"),
            ("2024-11-05T08:00:00Z", "2024-11-05T08:00:00Z"),
            ("2024-11-05T08:00:00+01:00", "2024-11-05T07:00:00Z"),
            ("2024/11/5", "2024-11-04T16:00:00Z"),
            ("1900-01-01 00:00:00", "null"),
            ("", "null"),
            ("08:00:00", "?"),
        ],
    );
    let naive = Int64Chunked::from_slice("x".into(), &[1_730_764_800_000_000_999]);
    let naive = naive.into_datetime(TimeUnit::Nanoseconds, None).into_column();
    check_column(column("x", ColumnType::Instant), naive, &["2024-11-04T16:00:00Z"]);
}

#[test]
fn a_moment_that_clocks_skip_or_repeat_is_the_earliest_it_can_be() {
    let instant = || column("x", ColumnType::Instant);
    let berlin = texts(&["2026-03-29 02:30:00", "2026-03-29 03:00:00", "2026-10-25 02:30:00"]);
    check_column_in(
        chrono_tz::Europe::Berlin,
        instant(),
        berlin,
        &["2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z", "2026-10-25T00:30:00Z"],
    );
    let apia = texts(&["2011-12-30 12:00:00", "2011-12-29 23:59:59", "2011-12-31 00:00:00"]);
    check_column_in(
        chrono_tz::Pacific::Apia,
        instant(),
        apia,
        &["2011-12-30T10:00:00Z", "2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z"],
    );
    check_column(instant(), texts(&["1988-04-17 02:30:00"]), &["1988-04-16T18:00:00Z"]);
}

#[test]
fn days_that_stand_for_none_are_counted_and_empty_cells_and_null_words_are_not() {
    let raw = |name: &str| {
        let cells = ["0000-00-00", "", "2024-11-05", "1900-01-01", "无", " ", "2024-00-00"];
        texts(&cells).with_name(name.into())
    };
    let mut due = column("due", ColumnType::Date);
    due.null_words = vec!["无".to_owned()];
    let columns = vec![due, column("paid", ColumnType::Instant), column("note", ColumnType::Text)];
    let table = table_in(Tz::Asia__Shanghai, columns, vec![raw("due"), raw("paid"), raw("note")]).unwrap();
    let counted: Vec<(&str, u64)> = table.no_dates.iter().map(|(column, count)| (column.as_str(), *count)).collect();
    assert_eq!(counted, [("due", 2), ("paid", 2)]);
}
