//! The letter's own words, in both languages.

use chrono::{DateTime, NaiveDate, Utc};

use crate::language::Language;
use crate::notify::plan::Section;

/// The words of a letter in one language.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phrases {
    pub language: Language,
}

/// What changed, by kind, for the headline.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moves {
    pub new: usize,
    pub worsened: usize,
    pub changed: usize,
    pub regressed: usize,
    pub resolved: usize,
    pub gone: usize,
    pub rule_changed: usize,
    pub retired: usize,
}

impl Phrases {
    fn pick(self, zh: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    /// The language tag of the page.
    pub fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    /// What stands between two facts of one line.
    pub fn comma(self) -> &'static str {
        self.pick("，", ", ")
    }

    pub fn colon(self) -> &'static str {
        self.pick("：", ": ")
    }

    pub fn subject(self, department: &str, day: NaiveDate, parts: &[String]) -> String {
        let parts = parts.join(self.comma());
        match self.language {
            Language::Zh => format!("【对账】{department} {day}：{parts}"),
            Language::En => format!("[Reconciliation] {department} {day}: {parts}"),
        }
    }

    pub fn title(self, department: &str, day: NaiveDate) -> String {
        match self.language {
            Language::Zh => format!("{department}对账结果 {day}"),
            Language::En => format!("Reconciliation for {department}, {day}"),
        }
    }

    /// Whose books, which job, and the moment, with the zone named here and nowhere else.
    pub fn context(self, business: &str, job: &str, as_of: DateTime<Utc>, zone: chrono_tz::Tz) -> String {
        let at = as_of.with_timezone(&zone).format("%Y-%m-%d %H:%M");
        match self.language {
            Language::Zh => format!("{business} · 任务 {job} · 数据截至 {at}（{zone}）"),
            Language::En => format!("{business} · job {job} · as of {at} ({zone})"),
        }
    }

    pub fn counted(self, count: usize, zh: &str, en: &str) -> String {
        match self.language {
            Language::Zh => format!("{zh} {count}"),
            Language::En => format!("{count} {en}"),
        }
    }

    pub fn at_risk_of(self, money: &str) -> String {
        match self.language {
            Language::Zh => format!("风险 {money}"),
            Language::En => format!("{money} at risk"),
        }
    }

    /// The sentence that says what moved.
    pub fn moved(self, moves: Moves) -> String {
        let kinds = [
            (moves.new, "新增", "new"),
            (moves.worsened, "加重", "worsened"),
            (moves.changed, "变化", "changed"),
            (moves.regressed, "重现", "came back"),
            (moves.resolved, "解决", "resolved"),
            (moves.gone, "消失", "gone"),
            (moves.rule_changed, "因规则修改而变动", "moved by an edited rule"),
            (moves.retired, "因规则停用而关闭", "closed with a retired rule"),
        ];
        let parts: Vec<String> = kinds
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, zh, en)| match self.language {
                Language::Zh => format!("{zh} {count} 条"),
                Language::En => format!("{count} {en}"),
            })
            .collect();
        match (parts.is_empty(), self.language) {
            (true, Language::Zh) => "没有新的变化。".to_owned(),
            (true, Language::En) => "Nothing changed.".to_owned(),
            (false, Language::Zh) => format!("本次{}。", parts.join("，")),
            (false, Language::En) => format!("This run: {}.", parts.join(", ")),
        }
    }

    /// In place of what moved, in a letter whose rules were never judged before.
    pub fn first_look(self) -> &'static str {
        self.pick("首次核对，以下为目前的情况。", "The first look at these books: this is how things stand.")
    }

    /// The sentence that says where things stand.
    pub fn standing(self, open: usize, money: &str, unpriced: usize, waived: usize) -> String {
        match self.language {
            Language::Zh => {
                let money = if money.is_empty() { String::new() } else { format!("，风险金额 {money}") };
                let unpriced =
                    if unpriced == 0 { String::new() } else { format!("（其中 {unpriced} 条无法计价）") };
                let waived =
                    if waived == 0 { String::new() } else { format!("另有 {waived} 条已豁免，不计在内。") };
                match open {
                    0 => format!("目前没有未结异常。{waived}"),
                    open => format!("目前未结 {open} 条{money}{unpriced}。{waived}"),
                }
            }
            Language::En => {
                let money = if money.is_empty() { String::new() } else { format!(", {money} at risk") };
                let unpriced =
                    if unpriced == 0 { String::new() } else { format!(" ({unpriced} of them without a price)") };
                let waived = match waived {
                    0 => String::new(),
                    1 => " 1 more is waived and not counted.".to_owned(),
                    waived => format!(" {waived} more are waived and not counted."),
                };
                match open {
                    0 => format!("Nothing is open.{waived}"),
                    open => format!("{open} open{money}{unpriced}.{waived}"),
                }
            }
        }
    }

    pub fn tiles(self) -> [&'static str; 4] {
        match self.language {
            Language::Zh => ["新增", "未结", "风险金额", "已关闭"],
            Language::En => ["New", "Open", "At risk", "Closed"],
        }
    }

    pub fn section(self, section: Section) -> &'static str {
        match section {
            Section::New => self.pick("新增", "New"),
            Section::Worsened => self.pick("加重", "Worsened"),
            Section::Changed => self.pick("有变化", "Changed"),
            Section::Regressed => self.pick("重新出现", "Came back"),
            Section::Resolved => self.pick("已解决", "Resolved"),
            Section::Gone => self.pick("已消失", "Gone"),
            Section::RuleChanged => self.pick("因规则修改而变动", "Moved by an edited rule"),
            Section::Retired => self.pick("规则停用，随之关闭", "Closed because the rule was retired"),
        }
    }

    /// What a reader must know to read a section rightly.
    pub fn section_note(self, section: Section) -> Option<&'static str> {
        Some(match section {
            Section::Resolved => self.pick(
                "已重新核对，现已相符。以下为关闭前的差异。",
                "Read again, and now in order. What stood before is shown.",
            ),
            Section::Gone => self.pick(
                "各方都已没有这条记录（可能已删除、作废或超出核对范围），不等于已改正。",
                "No side has it any more (deleted, voided or out of scope), which is not the same as mended.",
            ),
            Section::RuleChanged => self.pick(
                "规则修改后才出现或关闭，不代表账务本身有变动。",
                "Opened or closed because the rule was edited; the books themselves may not have moved.",
            ),
            _ => return None,
        })
    }

    pub fn still_open(self) -> &'static str {
        self.pick("尚未解决", "Still open")
    }

    pub fn waivers_ending(self) -> &'static str {
        self.pick("豁免即将到期（7 天内）", "Waivers that end within 7 days")
    }

    pub fn shown(self, all: usize, shown: usize, attached: bool) -> String {
        match (self.language, attached) {
            (Language::Zh, true) => format!("共 {all} 条，这里列出 {shown} 条，其余见附件。"),
            (Language::Zh, false) => format!("共 {all} 条，这里列出 {shown} 条，其余见异常页面。"),
            (Language::En, true) => format!("{all} in all, {shown} shown; the rest is in the attachment."),
            (Language::En, false) => format!("{all} in all, {shown} shown; the rest is on the exceptions page."),
        }
    }

    pub fn unevaluated(self) -> &'static str {
        self.pick("没有核对完整的规则", "Rules without a full result")
    }

    /// The first sentence of a letter that cannot say everything.
    pub fn incomplete(self, count: usize) -> String {
        match (self.language, count) {
            (Language::Zh, count) => format!("有 {count} 条规则没有核对完整，原因见下。"),
            (Language::En, 1) => "1 rule has no full result; see below why.".to_owned(),
            (Language::En, count) => format!("{count} rules have no full result; see below why."),
        }
    }

    pub fn unevaluated_note(self) -> &'static str {
        self.pick(
            "这些规则的异常保持原状：没有新增，也没有关闭。本邮件的其他内容不含它们的最新情况。",
            "Their exceptions stay as they were: nothing was opened and nothing closed. The rest of this mail says \
             nothing new about them.",
        )
    }

    pub fn flooded(self) -> &'static str {
        self.pick(
            "差异超过上限，只记为一条异常，多半是数据或规则出了问题",
            "more differences than its limits allow, recorded as one exception; most likely the data or the rule is at \
             fault",
        )
    }

    pub fn ageing(self) -> &'static str {
        self.pick("账龄", "What is owed, by age")
    }

    pub fn patterns(self) -> &'static str {
        self.pick("差异的共同点", "What differences have in common")
    }

    pub fn warnings(self) -> &'static str {
        self.pick("超过警戒线的规则", "Rules over a warning limit")
    }

    pub fn semicolon(self) -> &'static str {
        self.pick("；", "; ")
    }

    pub fn baselines(self) -> &'static str {
        self.pick("首次核对的规则", "Rules checked for the first time")
    }

    pub fn baseline(self, rule: &str, all: Option<i64>, own: usize, money: &str) -> String {
        match self.language {
            Language::Zh => {
                let all = all.map(|all| format!("共发现 {all} 条，")).unwrap_or_default();
                let money = if money.is_empty() { String::new() } else { format!("，风险金额 {money}") };
                format!("{rule}：{all}本部门 {own} 条{money}。已全部记录，今后只报变化。")
            }
            Language::En => {
                let all = all.map(|all| format!("{all} found in all, ")).unwrap_or_default();
                let money = if money.is_empty() { String::new() } else { format!(", {money} at risk") };
                format!(
                    "{rule}: {all}{own} for this department{money}. All are recorded; from now on only changes are news."
                )
            }
        }
    }

    pub fn in_transit(self) -> &'static str {
        self.pick("在途（宽限期内，不算差异）", "In transit (inside grace, not counted as differences)")
    }

    /// What is said of a rule that was judged without some companies.
    pub fn partly(self, why: &str) -> String {
        match self.language {
            Language::Zh => format!("以下公司未核对，其他公司已核对——{why}"),
            Language::En => format!("judged without some companies: {why}"),
        }
    }

    pub fn without_rate(self) -> &'static str {
        self.pick(
            "缺汇率，未核对（既不算差异也不算一致）",
            "Not judged for want of a rate of exchange (neither broken nor in agreement)",
        )
    }

    pub fn count_line(self, rule: &str, count: u64) -> String {
        match self.language {
            Language::Zh => format!("{rule}：{count} 条"),
            Language::En => format!("{rule}: {count}"),
        }
    }

    pub fn continuity(self) -> &'static str {
        self.pick("连续性核对", "Continuity")
    }

    pub fn continuity_note(self) -> &'static str {
        self.pick(
            "期初 + 新增 + 重现 + 金额变动 − 解决 − 消失 − 停用 = 期末。按整条规则统计，含其他部门。",
            "Opening + new + came back + remeasured − resolved − gone − retired = closing. Whole rules, all departments.",
        )
    }

    /// The columns of the continuity table, in its order.
    pub fn continuity_columns(self) -> [&'static str; 8] {
        match self.language {
            Language::Zh => ["期初", "新增", "重现", "金额变动", "解决", "消失", "停用", "期末"],
            Language::En => ["Opening", "New", "Came back", "Remeasured", "Resolved", "Gone", "Retired", "Closing"],
        }
    }

    pub fn count(self) -> &'static str {
        self.pick("条数", "Count")
    }

    pub fn opened(self) -> &'static str {
        self.pick("新增", "Opened")
    }

    pub fn unpriced(self) -> &'static str {
        self.pick("未计价", "unpriced")
    }

    pub fn at_risk(self) -> &'static str {
        self.pick("风险金额", "At risk")
    }

    pub fn since(self, first: NaiveDate, days: i64) -> String {
        match (self.language, days) {
            (Language::Zh, ..=0) => "今天首次发现".to_owned(),
            (Language::Zh, days) => format!("{first} 首次发现，{days} 天"),
            (Language::En, ..=0) => "first seen today".to_owned(),
            (Language::En, 1) => format!("first seen {first}, 1 day ago"),
            (Language::En, days) => format!("first seen {first}, {days} days ago"),
        }
    }

    pub fn came_back(self, times: i64) -> String {
        match (self.language, times) {
            (Language::Zh, times) => format!("第 {times} 次重现"),
            (Language::En, 1) => "came back once".to_owned(),
            (Language::En, times) => format!("came back {times} times"),
        }
    }

    pub fn assigned(self, name: &str) -> String {
        match self.language {
            Language::Zh => format!("负责人 {name}"),
            Language::En => format!("assigned to {name}"),
        }
    }

    pub fn acknowledged(self, name: &str) -> String {
        match self.language {
            Language::Zh => format!("{name} 已认领"),
            Language::En => format!("acknowledged by {name}"),
        }
    }

    pub fn waived(self, name: &str) -> String {
        match self.language {
            Language::Zh => format!("{name} 豁免"),
            Language::En => format!("waived by {name}"),
        }
    }

    pub fn until(self, last: NaiveDate, days: i64) -> String {
        match (self.language, days) {
            (Language::Zh, ..=0) => format!("今天（{last}）到期"),
            (Language::Zh, days) => format!("{last} 到期，还有 {days} 天"),
            (Language::En, ..=0) => format!("ends today, {last}"),
            (Language::En, 1) => format!("ends tomorrow, {last}"),
            (Language::En, days) => format!("ends {last}, in {days} days"),
        }
    }

    pub fn more_breaks(self, count: usize) -> String {
        match self.language {
            Language::Zh => format!("还有 {count} 项差异，点开编号查看"),
            Language::En => format!("and {count} more, behind the link"),
        }
    }

    pub fn attached(self, count: usize, name: &str) -> String {
        match (self.language, count) {
            (Language::Zh, 0) => format!("本部门目前没有未关闭的异常，附件《{name}》只有表头。"),
            (Language::Zh, count) => format!("附件《{name}》列出本部门全部 {count} 条未关闭异常，每项差异一行。"),
            (Language::En, 0) => format!("No exception is live, so the attachment {name} has nothing but its heads."),
            (Language::En, 1) => {
                format!("The attachment {name} lists the 1 live exception, one line for each difference.")
            }
            (Language::En, count) => {
                format!("The attachment {name} lists all {count} live exceptions, one line for each difference.")
            }
        }
    }

    pub fn page_link(self) -> &'static str {
        self.pick("打开异常清单", "Open the exception list")
    }

    pub fn automatic(self) -> &'static str {
        self.pick("本邮件由 tieout 自动发送，请勿直接回复。", "Sent by tieout. Replies to this address are not read.")
    }

    pub fn list_name(self) -> &'static str {
        self.pick("异常清单", "exceptions")
    }
}
