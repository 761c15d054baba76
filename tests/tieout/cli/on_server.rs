//! `tieout explore` and `tieout init` over a PostgreSQL and a MariaDB.

use std::fs;

use super::Shop;
use crate::servers::{mariadb, numbers, postgres};

const SETUP: &str = "
    create schema sales; create schema finance; create schema \"Odd\";
    create table sales.orders (order_no varchar(20), line_no int, sku text not null, qty numeric(18,4), amount numeric(18,2),
        currency char(3), ordered date, created timestamptz default now(), primary key (order_no, line_no));
    insert into sales.orders select 'SO-' || (n / 2), n % 2, 'S' || n, n * 1.5, n * 10.25, 'CNY', date '2026-11-01' + n % 20
        from generate_series(1, 60) n;
    create table finance.invoices (invoice_no text primary key, order_no text, order_line int, amount numeric(18,2), currency char(3),
        customer_no text, due_date date, balance numeric(18,2));
    insert into finance.invoices select 'IN-' || n, 'SO-' || (n / 2), n % 2, n * 10.25 + (n = 7)::int, 'CNY', 'C' || n % 5,
        date '2026-12-01' + n, n from generate_series(1, 60) n;
    create view finance.open_invoices as select * from finance.invoices where balance > 0;
    create table \"Odd\".\"Mixed Case\" (\"Id\" uuid primary key, \"where\" jsonb, sure boolean, raw bytea);
    create table sales.empty (a int);
    create table sales.years (y int, v text) partition by range (y);
    create table sales.years_2026 partition of sales.years for values from (2026) to (2027);
    insert into sales.years values (2026, 'x');";

#[test]
fn a_postgresql_is_explored_and_begun_with() {
    let Some(server) = postgres() else { return };
    let database = server.database(SETUP);
    let shop = Shop::new("", "");
    let url = database.url();
    let listed = shop.shell(&format!("COLUMNS=100 tieout explore '{url}'"));
    assert_eq!((listed.code, listed.err.as_str()), (0, ""), "{}", listed.out);
    let lines = listed.out.lines().skip(1).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!("explore_postgres", lines);

    let table = shop.shell(&format!("COLUMNS=100 tieout explore '{url}' orders --format json"));
    let table: serde_json::Value = serde_json::from_str(&table.out).unwrap();
    assert_eq!(table["key"]["columns"], serde_json::json!(["order_no", "line_no"]));
    assert_eq!((&table["date"], &table["currency"]), (&"ordered".into(), &"currency".into()));

    let begun = shop.shell(&format!("tieout init new --source 'erp={url}'"));
    assert_eq!(begun.code, 0, "{}", begun.err);
    let checked = shop.shell(&format!("ERP_URL='{url}' tieout check --config new/config/tieout.toml"));
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    let config = fs::read_to_string(shop.path("new/config/tieout.toml")).unwrap();
    assert!(config.contains("url  = \"${ERP_URL}\"") && !config.contains("postgres://"), "{config}");
    insta::assert_snapshot!("init_postgres", begun.out);
    insta::assert_snapshot!(
        "init_postgres_table",
        fs::read_to_string(shop.path("new/config/tables/orders.toml")).unwrap()
    );
    let ran =
        shop.shell(&format!("ERP_URL='{url}' tieout run daily --dry-run --config new/config/tieout.toml --format csv"));
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert_eq!(ran.out.matches("SO-3 / 1").count(), 1, "the one invoice that is dearer: {}", ran.out);
}

const MARIADB: &str = "
    create table orders (order_no varchar(20), line_no int, sku varchar(20) not null, qty decimal(18,4), amount decimal(18,2),
        currency char(3), ordered date, created timestamp default now(), primary key (order_no, line_no));
    insert into orders select concat('SO-', seq div 2), seq % 2, concat('S', seq), seq * 1.5, seq * 10.25, 'CNY',
        date '2026-11-01' + interval seq % 20 day, now() from NUMBERS;
    create table invoices (invoice_no varchar(20) primary key, order_no varchar(20), order_line int, amount decimal(18,2),
        currency char(3), due_date date, paid tinyint(1));
    insert into invoices select concat('IN-', seq), concat('SO-', seq div 2), seq % 2, seq * 10.25 + (seq = 7), 'CNY',
        date '2026-12-01' + interval seq day, seq % 3 = 0 from NUMBERS;
    create view unpaid as select * from invoices where not paid;
    create table `Mixed Case` (`Id` int unsigned primary key, `where` json, raw blob)";

#[test]
fn a_mariadb_is_explored_and_begun_with() {
    let Some(server) = mariadb() else { return };
    let database = server.database(&MARIADB.replace("NUMBERS", &numbers(60)));
    let shop = Shop::new("", "");
    let url = database.url();
    let listed = shop.shell(&format!("COLUMNS=200 tieout explore '{url}'"));
    assert_eq!((listed.code, listed.err.as_str()), (0, ""), "{}", listed.out);
    // The name of the database, and with it the width of the first column, is another one every time.
    let lines = listed.out.lines().skip(4).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines = lines.collect::<Vec<_>>().join("\n").replace(&database.name, "DATABASE");
    insta::assert_snapshot!("explore_mariadb", lines);

    let begun = shop.shell(&format!("tieout init new --source 'erp={url}'"));
    assert_eq!(begun.code, 0, "{}", begun.err);
    let checked = shop.shell(&format!("ERP_URL='{url}' tieout check --config new/config/tieout.toml"));
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    let config = fs::read_to_string(shop.path("new/config/tieout.toml")).unwrap();
    assert!(config.contains("url  = \"${ERP_URL}\"") && !config.contains("mysql://"), "{config}");
    let table = fs::read_to_string(shop.path("new/config/tables/orders.toml")).unwrap();
    insta::assert_snapshot!("init_mariadb_table", table.replace(&database.name, "DATABASE"));
    let ran =
        shop.shell(&format!("ERP_URL='{url}' tieout run daily --dry-run --config new/config/tieout.toml --format csv"));
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert_eq!(ran.out.matches("SO-3 / 1").count(), 1, "the one invoice that is dearer: {}", ran.out);
}
