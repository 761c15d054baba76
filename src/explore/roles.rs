//! What a column is for, as far as its name says it: in English, in Chinese, and as Yonyou and Kingdee write names.

/// What a column seems to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A document's or an object's number or code.
    Identifier,
    /// The number of a line inside its document.
    Line,
    Money,
    Price,
    Quantity,
    Date,
    Currency,
    Unit,
    /// A plain number: a rate, days, a factor.
    Number,
    Other,
}

const ENGLISH: [(Role, &[&str]); 9] = [
    (Role::Currency, &["currency", "ccy", "curr", "exchname"]),
    (Role::Line, &["line", "lineno", "linenum", "row", "rowno", "irowno", "seq", "entryid", "position", "pos"]),
    (
        Role::Identifier,
        &[
            "no",
            "num",
            "number",
            "id",
            "code",
            "sku",
            "key",
            "ref",
            "reference",
            "document",
            "voucher",
            "account",
            "iban",
            "guid",
            "uuid",
            "warehouse",
            "item",
            "customer",
            "supplier",
            "vendor",
            "material",
            "product",
        ],
    ),
    (Role::Price, &["price", "cost"]),
    (
        Role::Quantity,
        &["qty", "quantity", "hand", "onhand", "pieces", "pcs", "units", "weight", "volume", "point", "stock"],
    ),
    (Role::Number, &["rate", "percent", "pct", "factor", "days", "months", "count", "year", "month", "ratio"]),
    (
        Role::Money,
        &[
            "amount",
            "amt",
            "money",
            "total",
            "subtotal",
            "net",
            "gross",
            "tax",
            "vat",
            "value",
            "balance",
            "credit",
            "debit",
            "fee",
            "freight",
            "discount",
            "limit",
            "sum",
            "paid",
            "price_total",
            "allamount",
            "amountfor",
        ],
    ),
    (Role::Date, &["date", "day", "time", "at", "on", "datetime", "timestamp"]),
    (Role::Unit, &["unit", "uom"]),
];

/// Endings of Chinese names. A longer one is asked for first.
const CHINESE: [(&str, Role); 38] = [
    ("价税合计", Role::Money),
    ("单据号", Role::Identifier),
    ("行号", Role::Line),
    ("序号", Role::Line),
    ("分录号", Role::Line),
    ("单价", Role::Price),
    ("价格", Role::Price),
    ("成本价", Role::Price),
    ("金额", Role::Money),
    ("税额", Role::Money),
    ("余额", Role::Money),
    ("成本", Role::Money),
    ("合计", Role::Money),
    ("运费", Role::Money),
    ("额度", Role::Money),
    ("借方", Role::Money),
    ("贷方", Role::Money),
    ("货款", Role::Money),
    ("数量", Role::Quantity),
    ("库存", Role::Quantity),
    ("现存量", Role::Quantity),
    ("可用量", Role::Quantity),
    ("重量", Role::Quantity),
    ("件数", Role::Quantity),
    ("再订货点", Role::Quantity),
    ("日期", Role::Date),
    ("时间", Role::Date),
    ("到期日", Role::Date),
    ("币种", Role::Currency),
    ("币别", Role::Currency),
    ("单位", Role::Unit),
    ("汇率", Role::Number),
    ("税率", Role::Number),
    ("天数", Role::Number),
    ("编号", Role::Identifier),
    ("编码", Role::Identifier),
    ("单号", Role::Identifier),
    ("号", Role::Identifier),
];

/// The role that a column's name tells. The last word that tells one decides: a `tax_no` is a number of something, and
/// `net_days` are days.
pub fn role(name: &str) -> Role {
    let chinese = CHINESE.iter().filter(|(ending, _)| name.trim().ends_with(ending));
    if let Some((_, role)) = chinese.max_by_key(|(ending, _)| ending.len()) {
        return *role;
    }
    let words = words(name);
    for (place, word) in words.iter().enumerate().rev() {
        let Some(role) = english(word) else { continue };
        let before = place.checked_sub(1).and_then(|before| english(&words[before]));
        return match (role, before) {
            (Role::Identifier, Some(Role::Line)) => Role::Line,
            // `order line amount` is money, but the line of an invoice is not its number.
            (role, _) => role,
        };
    }
    Role::Other
}

fn english(word: &str) -> Option<Role> {
    let known = |word: &str| ENGLISH.iter().find(|(_, words)| words.contains(&word)).map(|(role, _)| *role);
    known(word).or_else(|| {
        // Kingdee writes FBILLNO and FQTY: one word that begins with an F.
        let inside = word.strip_prefix('f').filter(|inside| inside.len() > 2)?;
        let ending =
            (1..inside.len()).filter(|start| inside.is_char_boundary(*start)).find_map(|start| known(&inside[start..]));
        known(inside).or(ending)
    })
}

/// The words of a name in lower case: cut at signs and where a small letter meets a capital one, without the letter
/// that names a type in Yonyou's `iQuantity` and `cSOCode`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut small = false;
    for letter in name.chars() {
        let sign = !letter.is_alphanumeric();
        if (sign || (small && letter.is_uppercase())) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| !sign) {
            word.extend(letter.to_lowercase());
        }
        small = letter.is_lowercase() || letter.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    let typed = words.len() > 1 && ["c", "d", "i", "b", "f"].contains(&words[0].as_str());
    if typed { words.split_off(1) } else { words }
}
