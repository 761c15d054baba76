//! Wrong files, full disks, closed doors and secrets.

use std::fs;

use super::Shop;

fn shop() -> Shop {
    Shop::new("A1,x,10.00,CNY\nA2,x,20.00,CNY", "A1,x,10.00,CNY")
}

#[test]
fn three_faults_in_one_rule_are_three_problems_with_their_places() {
    let shop = shop();
    shop.edit("rules/orders.toml", "equal = [\"sales.amount\", \"finance.amount\"]", "equal = []");
    shop.edit("rules/orders.toml", "key = [\"no\"]", "key = \"no\"\nkeys = [\"no\"]");
    let said = shop.shell("tieout run daily");
    assert_eq!((said.code, said.out.as_str()), (64, ""));
    insta::assert_snapshot!("three_faults_in_one_rule", said.err);
    assert!(!shop.path("tieout.db").exists());
}

#[test]
fn what_is_missing_is_named() {
    for (from, to, code, wanted) in [
        ("sqlite:tieout.db", "sqlite:data", 2, "data"),
        ("sqlite:tieout.db", "sqlite:data/sales.csv", 2, "sales.csv"),
        ("sqlite:tieout.db", "sqlite:/proc/nowhere/tieout.db", 2, "/proc/nowhere"),
        ("店", "${SHOP_NAME}", 64, "SHOP_NAME"),
        ("path = \"data\"", "path = \"elsewhere\"", 2, "elsewhere"),
    ] {
        let shop = shop();
        shop.edit("config/tieout.toml", from, to);
        let said = shop.shell("tieout run daily");
        assert_eq!(said.code, code, "{to}: {}{}", said.out, said.err);
        assert!(format!("{}{}", said.out, said.err).contains(wanted), "{to}: {}{}", said.out, said.err);
    }
    let shop = shop();
    shop.edit("data/sales.csv", "customer", "client");
    let said = shop.shell("tieout run daily");
    assert_eq!(said.code, 2);
    assert!(said.out.contains("customer") && said.out.contains("client"), "{}", said.out);
    let nothing = shop.shell("tieout run daily --config nowhere.toml");
    assert_eq!(nothing.code, 64);
    assert!(nothing.err.contains("nowhere.toml"), "{}", nothing.err);
}

#[test]
fn a_mail_folder_that_cannot_be_made_delays_the_mail_and_not_the_run() {
    let shop = shop();
    shop.edit("config/tieout.toml", "path = \"mail\"", "path = \"data/sales.csv/mail\"");
    let said = shop.shell("tieout run daily");
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("could not be sent"), "{}", said.err);
}

#[test]
fn a_full_disk_is_a_sentence_and_the_next_run_goes_on() {
    let rows: String = (0..300).map(|number| format!("A{number},x,10.00,CNY\n")).collect();
    let shop = Shop::new(&rows, "");
    let full = shop.shell("trap '' XFSZ; ulimit -f 100; tieout run daily --format json");
    assert_eq!(full.code, 2, "{}{}", full.out, full.err);
    assert!(full.err.lines().any(|line| line.contains("cannot")), "{}", full.err);
    let again = shop.shell("tieout run daily --format json");
    assert_eq!(again.code, 1, "{}", again.err);
    let listed = shop.shell("tieout exceptions --format json --limit 1000");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&listed.out).unwrap()["total"], 300);
    assert_eq!(shop.shell("tieout check").code, 0, "the trail verifies");
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let shop = shop();
    let said = shop.shell("set -o pipefail; tieout run daily --format json | head -c 1");
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (1, "{", ""));
}

#[test]
fn metrics_that_cannot_be_left_are_told_and_make_the_run_end_with_two() {
    let shop = shop();
    let said = shop.shell("tieout run daily --metrics-file nowhere/tieout.prom");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("nowhere/tieout.prom"), "{}", said.err);
    let left = shop.shell("tieout run daily --metrics-file tieout.prom");
    assert_eq!((left.code, left.err.as_str()), (1, ""));
    assert!(fs::read_to_string(shop.path("tieout.prom")).unwrap().contains("tieout_exceptions{"));
}

#[test]
fn a_secret_appears_nowhere() {
    const SENTINEL: &str = "S3NTINEL-9f2c";
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = "transport = \"folder\"\npath = \"mail\"";
    for (mail, secret) in [
        ("transport = \"smtp\"\nurl = \"${SMTP_URL}\"", format!("smtp://robot:{SENTINEL}@127.0.0.1:{port}")),
        ("transport = \"smtp\"\nurl_file = \"secret\"", format!("smtp://robot:{SENTINEL}@127.0.0.1:{port}")),
        ("transport = \"smtp\"\nurl = \"smtp://robot:${SMTP_URL}@127.0.0.1:1\"", SENTINEL.to_owned()),
        ("transport = \"smtp\"\nurl = \"${SMTP_URL}\"", format!("http://robot:{SENTINEL}@mail")),
        ("transport = \"smtp\"\nurl = \"${SMTP_URL}\"", format!("smtps://robot:{SENTINEL}@[broken")),
    ] {
        let shop = shop();
        shop.edit("config/tieout.toml", folder, mail);
        shop.write("secret", &secret);
        let mut heard = String::new();
        for line in [
            "tieout check",
            "tieout run daily",
            "tieout run daily --format json --metrics-file m.prom",
            "tieout exceptions",
        ] {
            let said = shop.shell(&format!("export SMTP_URL='{secret}' TIEOUT_LOG=trace; {line}"));
            heard.push_str(&said.out);
            heard.push_str(&said.err);
        }
        assert!(!heard.contains(SENTINEL), "{mail}: {heard}");
        for file in ["m.prom", "tieout.db", "tieout.db-wal"] {
            let bytes = fs::read(shop.path(file)).unwrap_or_default();
            let found = bytes.windows(SENTINEL.len()).any(|window| window == SENTINEL.as_bytes());
            assert!(!found, "{mail}: {file}");
        }
    }
}

#[test]
fn check_says_when_a_job_leaves_no_time_to_read_again() {
    let shop = Shop::new("1,C-1,10.00,CNY", "1,C-1,10.00,CNY");
    shop.edit("rules/orders.toml", "owner", "recheck = \"30m\"\nowner");
    let said = || {
        let checked = shop.shell("tieout check --offline");
        assert_eq!(checked.code, 0, "{}", checked.err);
        checked.out.lines().find(|line| line.contains("recheck")).map(|line| line.trim().to_owned())
    };
    insta::assert_snapshot!(said().unwrap(), @"rule orders: recheck = 30 minutes is not over within the job's time_limit of 30 minutes, so whatever breaks leaves the rule not evaluated");
    shop.edit("rules/orders.toml", "30m", "29m");
    assert_eq!(said(), None);
}
