//! What differences have in common, on the list and among the runs.

use serde_json::{Value, json};
use tieout::audit::breaks::Class;
use tieout::audit::diagnosis::{Pattern, Trait};
use tieout::audit::value::Value as Cell;

use super::office::Office;

/// So many of 92 missing rows stand in one warehouse.
fn report(breaks: &[(u64, &str)]) -> Value {
    let pattern = |(breaks, warehouse): &(u64, &str)| Pattern {
        check: Class::Missing.name().to_owned(),
        class: Class::Missing,
        side: Some("warehouse".to_owned()),
        breaks: *breaks,
        of: 92,
        traits: vec![Trait {
            side: "sales".to_owned(),
            column: "warehouse".to_owned(),
            value: Cell::Text((*warehouse).to_owned()),
            rows: 120,
            all: 1000,
        }],
    };
    json!({ "patterns": breaks.iter().map(pattern).collect::<Vec<_>>() })
}

const STOCK: usize = 0;
const OVERDUE: usize = 1;

/// What a page says of patterns, a line each, without the heading; nothing where it says nothing.
fn lines(page: &str) -> Vec<String> {
    let Some((_, rest)) = page.split_once("<section class=\"patterns\">") else { return Vec::new() };
    let (section, _) = rest.split_once("</section>").expect("the section ends");
    let items = section.split("<li>").skip(1).chain(section.split("<p class=\"soft small\">").skip(1));
    let text =
        |item: &str| item.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect();
    items.map(|item| item.split("</li>").next().unwrap().split("</p>").next().unwrap()).map(text).collect()
}

#[tokio::test]
async fn a_list_shows_what_the_last_run_of_its_rules_found() {
    let office = Office::open().await;
    assert_eq!(lines(&office.get("/").await.body), [""; 0], "and no heading where there is nothing");
    office.judge("run-3", "2026-11-23T23:40:00Z", (STOCK, "exceptions"), &report(&[(87, "W02")])).await;
    office.judge("run-4", "2026-11-23T23:50:00Z", (OVERDUE, "exceptions"), &report(&[(90, "<b>")])).await;
    insta::assert_snapshot!(lines(&office.get("/").await.body).join("\n"), @"
    逾期应收款：92 项“仓库缺失”中有 90 项销售仓库为 &#60;b&#62;（全部行中占 12.0 %）
    库存低于再订货点：92 项“仓库缺失”中有 87 项销售仓库为 W02（全部行中占 12.0 %）
    ");
    insta::assert_snapshot!(lines(&office.get("/?lang=en&rule=low-stock").await.body).join("\n"), @"Stock at its reorder point: 87 of 92 (missing in warehouse) have sales.warehouse W02 (12.0 % of all its rows)");
    insta::assert_snapshot!(lines(&office.get("/?department=warehouse").await.body).join("\n"), @"库存低于再订货点：92 项“仓库缺失”中有 87 项销售仓库为 W02（全部行中占 12.0 %）");
    for quiet in ["/?status=resolved", "/?page=2", "/?department=nobody"] {
        assert_eq!(lines(&office.get(quiet).await.body), [""; 0], "{quiet}");
    }
    // Of a run that could not judge the rule nothing is known; what stands is as the run before found it.
    office.judge("run-5", "2026-11-24T00:00:00Z", (STOCK, "not_evaluated"), &json!({})).await;
    assert_eq!(lines(&office.get("/?rule=low-stock").await.body).len(), 1);
    office.judge("run-6", "2026-11-24T00:10:00Z", (STOCK, "exceptions"), &report(&[])).await;
    assert_eq!(lines(&office.get("/?rule=low-stock").await.body), [""; 0], "the next one no longer finds it");
}

#[tokio::test]
async fn a_list_of_several_rules_shows_the_most_telling_and_says_how_many_are_left() {
    let office = Office::open().await;
    let many = [(81, "W1"), (82, "W2"), (83, "W3"), (84, "W4")];
    office.judge("run-3", "2026-11-23T23:40:00Z", (STOCK, "exceptions"), &report(&many)).await;
    office.judge("run-4", "2026-11-23T23:50:00Z", (OVERDUE, "exceptions"), &report(&many[1..3])).await;
    let shown = lines(&office.get("/?lang=en").await.body);
    assert!(shown[0].contains("84 of 92"), "{shown:?}");
    assert_eq!(shown.last().map(String::as_str), Some("1 more: choose a rule to see all of its."));
    assert_eq!(shown.len(), 5 + 1);
    assert_eq!(lines(&office.get("/?lang=en&rule=low-stock").await.body).len(), 4);
}

#[tokio::test]
async fn the_runs_keep_what_each_of_them_found() {
    let office = Office::open().await;
    office.judge("run-3", "2026-11-23T23:40:00Z", (STOCK, "exceptions"), &report(&[(87, "W02")])).await;
    let page = office.get("/runs?lang=en").await.body;
    assert_eq!(page.matches("87 of 92 (missing in warehouse) have sales.warehouse W02").count(), 1, "{page}");
    assert!(page.contains("What differences have in common (1)"));
}
