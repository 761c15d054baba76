//! Every type, at its edges.

use super::{mariadb, says};

#[test]
fn whole_numbers_keep_their_width_and_sign() {
    let Some(server) = mariadb() else { return };
    let shop = server.database(
        "create table t (id int primary key, tiny tinyint, tiny_u tinyint unsigned, flag tinyint(1),
            flag_u tinyint(1) unsigned, small smallint, small_u smallint unsigned, medium mediumint,
            medium_u mediumint unsigned, whole int, whole_u int unsigned zerofill, big bigint, big_u bigint unsigned,
            year year, bit1 bit(1), bit9 bit(9), bit64 bit(64));
         insert into t values
            (1, -128, 0, 0, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, 0, 1901, b'0', b'0', b'0'),
            (2, 127, 255, 1, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, 9223372036854775807,
             18446744073709551615, 2155, b'1', b'111111111', ~0),
            (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)",
    );
    let columns = [
        "tiny", "tiny_u", "flag", "flag_u", "small", "small_u", "medium", "medium_u", "whole", "whole_u", "big",
        "big_u", "year", "bit1", "bit9", "bit64",
    ];
    insta::assert_snapshot!(says(&shop, "select * from t order by id", &columns));
}

#[test]
fn figures_are_exact_and_floats_are_the_shortest_text() {
    let Some(server) = mariadb() else { return };
    let shop = server.database(
        "create table t (id int primary key, money decimal(18,2), fine decimal(38,30), wide decimal(65,0),
            bare decimal(10), single float, twofold double, old float(10,2));
         insert into t values
            (1, -9999999999999999.99, 12345678.123456789012345678901234567890,
             99999999999999999999999999999999999999999999999999999999999999999, 7, 0.1, 0.1, 1.50),
            (2, 0.05, -0.000000000000000000000000000001, -1, -7, 16777216, 1e21, 12345678.90),
            (3, null, null, null, null, -1.5e-7, 1.7976931348623157e308, null), (4, 0, 0, 0, 0, 0, -0.0, 0)",
    );
    let columns = ["money", "fine", "wide", "bare", "single", "twofold", "old"];
    insta::assert_snapshot!(says(&shop, "select * from t order by id", &columns));
    let sums =
        "select sum(money) as a, avg(bare) as b, count(*) as c, sum(single) > 1 as d, null as e, 1.50 as f, 007 as g
        from t";
    insta::assert_snapshot!(says(&shop, sums, &["a", "b", "c", "d", "e", "f", "g"]));
}

#[test]
fn days_moments_and_spans_are_what_was_stored() {
    let Some(server) = mariadb() else { return };
    let shop = server.database(
        "set sql_mode = 'allow_invalid_dates', time_zone = '+00:00';
         create table t (id int primary key, day date, at datetime, fine datetime(6), instant timestamp null,
            fine_instant timestamp(3) null, span time, fine_span time(6));
         insert into t values
            (1, '1000-01-01', '1000-01-01', '9999-12-31 23:59:59.999999', '1970-01-01 00:00:01',
             '2026-11-23 00:30:00.125', '-838:59:59', '00:00:00.000001'),
            (2, '2024-02-29', '2026-11-23 08:30:00', '2026-11-23 08:30:00.500000', '2026-03-29 01:30:00', null,
             '838:59:59', '-00:00:01.500000'),
            (3, null, null, null, null, null, '00:00', '12:30')",
    );
    let columns = ["day", "at", "fine", "instant", "fine_instant", "span", "fine_span"];
    insta::assert_snapshot!(says(&shop, "select * from t order by id", &columns));
    let made = "select cast('2026-11-23' as date) as a, date('2026-11-23 10:00') as b, timestamp('2026-11-23') as c,
        timediff('10:00', '09:00') as d, date_format('2026-11-23', '%Y%m') as e, max(instant) as f from t";
    insta::assert_snapshot!(says(&shop, made, &["a", "b", "c", "d", "e", "f"]));
}

#[test]
fn dates_that_no_calendar_has_come_as_they_are_written() {
    let Some(server) = mariadb() else { return };
    let shop = server.database(
        "set sql_mode = 'allow_invalid_dates';
         create table t (id int primary key, day date, at datetime, fine datetime(3), instant timestamp null);
         insert into t values
            (1, '2026-11-23', '2026-11-23 08:30:00', '2026-11-23 08:30:00.500', '2026-11-23 08:30:00'),
            (2, '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00'), (3, '2026-00-00', '2026-02-30 08:30', null, null)",
    );
    insta::assert_snapshot!(says(&shop, "select * from t order by id", &["day", "at", "fine", "instant"]));
}

#[test]
fn texts_come_in_utf_8_whatever_they_are_stored_in_and_bytes_as_digits() {
    let Some(server) = mariadb() else { return };
    let shop = server.database(
        "create table t (id int primary key, padded char(5), latin varchar(9) character set latin1,
            gbk varchar(9) character set gbk, utf8 varchar(9) character set utf8mb3, full varchar(9),
            sorted varchar(9) collate utf8mb4_bin, sorted_char char(3) collate utf8mb4_bin, long_text longtext,
            tiny_text tinytext collate utf8mb4_bin, choice enum('甲','乙') , choices set('a','b','c'), json json);
         insert into t values
            (1, 'a ', 'é€', '华东', '华东', '华东😀', 'A', 'A', repeat('长', 3), 'x', '乙', 'a,c', '{\"a\": 1.25}'),
            (2, '', '', '', '', '', '', '', '', '', '甲', '', '[]')",
    );
    let columns = [
        "padded",
        "latin",
        "gbk",
        "utf8",
        "full",
        "sorted",
        "sorted_char",
        "long_text",
        "tiny_text",
        "choice",
        "choices",
        "json",
    ];
    insta::assert_snapshot!(says(&shop, "select * from t order by id", &columns));
    let shop = server.database(
        "create table t (id int primary key, fixed binary(3), varied varbinary(9), tiny tinyblob, large longblob);
         insert into t values (1, 'a', x'00ff', '', x'e58d8e'), (2, null, null, null, null)",
    );
    insta::assert_snapshot!(says(&shop, "select * from t order by id", &["fixed", "varied", "tiny", "large"]));
    let made =
        "select concat('单', 1) as a, hex('a') as b, database() is null as c, ifnull(null, '无') as d, sha2('a', 224) as e,
        group_concat(id) as f, cast(id as char) as g, if(id > 0, '是', '否') as h from t group by id limit 1";
    insta::assert_snapshot!(says(&shop, made, &["a", "b", "c", "d", "e", "f", "g", "h"]));
}

#[test]
fn the_types_that_only_a_mariadb_has_come_as_it_writes_them() {
    let Some(server) = mariadb().filter(|server| server.is_mariadb()) else { return };
    let shop = server.database(
        "create table t (id int primary key, uuid uuid, address inet6);
         insert into t values (1, '00000000-0000-0000-0000-00000000ABCD', '::1'), (2, null, null)",
    );
    insta::assert_snapshot!(says(&shop, "select * from t order by id", &["uuid", "address"]), @"
    2 rows
    uuid String: \"00000000-0000-0000-0000-00000000abcd\" | null
    address String: \"::1\" | null
    ");
}

#[test]
fn a_type_that_cannot_be_carried_is_told_and_passed_over_where_nobody_needs_it() {
    let Some(server) = mariadb() else { return };
    let shop = server.database("create table t (id int, place point); insert into t values (1, point(1, 2))");
    insta::assert_snapshot!(says(&shop, "select * from t", &["place"]));
    insta::assert_snapshot!(says(&shop, "select * from t", &["id"]));
    insta::assert_snapshot!(says(&shop, "select st_astext(place) as place from t", &["place"]));
    insta::assert_snapshot!(says(&shop, "select a.*, b.* from t a join t b using (id)", &["id"]));
    insta::assert_snapshot!(says(&shop, "select id, id as id from t", &["id"]));
    insta::assert_snapshot!(says(&shop, "select * from t where id > 1", &["id"]));
}
