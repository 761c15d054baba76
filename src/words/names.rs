//! Names that rule files write as identifiers, as a Chinese reader expects them. English readers see them as written.

use super::visible;
use crate::language::Language;

/// Sides whose meaning is beyond doubt.
const SIDES: &[(&str, &str)] = &[
    ("accruals", "暂估"),
    ("applied", "核销"),
    ("bank", "银行"),
    ("bank_balances", "银行余额"),
    ("book", "日记账"),
    ("books", "账面"),
    ("cash_receipts", "收款"),
    ("current", "本期"),
    ("customer", "客户"),
    ("customers", "客户"),
    ("deliveries", "发货"),
    ("delivery", "发货"),
    ("demand", "需求"),
    ("finance", "财务"),
    ("goods_receipts", "入库"),
    ("header", "表头"),
    ("incoming", "在途"),
    ("items", "货品"),
    ("inventory", "库存"),
    ("invoice", "发票"),
    ("invoices", "发票"),
    ("ledger", "总账"),
    ("lines", "明细"),
    ("logistics", "物流"),
    ("on_hand", "现存"),
    ("order", "订单"),
    ("orders", "订单"),
    ("payment", "付款"),
    ("payments", "付款"),
    ("platform", "平台"),
    ("price_list", "价目表"),
    ("prior", "上期"),
    ("purchase", "采购"),
    ("purchases", "采购"),
    ("purchasing", "采购"),
    ("reserved", "占用"),
    ("returns", "退货"),
    ("sales", "销售"),
    ("sales_lines", "销售订单行"),
    ("sales_orders", "销售订单"),
    ("settings", "补货设置"),
    ("shipment", "出库"),
    ("shipments", "出库"),
    ("statement", "对账单"),
    ("stock", "库存"),
    ("supplier", "供应商"),
    ("suppliers", "供应商"),
    ("tax", "税务"),
    ("warehouse", "仓库"),
];

/// Columns whose meaning is beyond doubt.
const COLUMNS: &[(&str, &str)] = &[
    ("account", "科目"),
    ("account_no", "账号"),
    ("amount", "金额"),
    ("approved_on", "审批日期"),
    ("balance", "余额"),
    ("ccy", "币种"),
    ("closed_on", "关闭日期"),
    ("closing", "期末余额"),
    ("closing_qty", "期末数量"),
    ("closing_value", "期末金额"),
    ("currency", "币种"),
    ("customer", "客户"),
    ("customer_no", "客户编号"),
    ("date", "日期"),
    ("document_line", "单据行号"),
    ("document_no", "单据号"),
    ("due_date", "到期日"),
    ("floor_price", "底价"),
    ("in_qty", "收入数量"),
    ("in_value", "收入金额"),
    ("invoice_date", "开票日期"),
    ("invoice_no", "发票号"),
    ("invoiced_on", "开票日期"),
    ("lead_days", "提前期"),
    ("line_no", "行号"),
    ("list_price", "标价"),
    ("net", "不含税金额"),
    ("on_hand", "现存量"),
    ("opening", "期初余额"),
    ("opening_qty", "期初数量"),
    ("opening_value", "期初金额"),
    ("order_date", "订单日期"),
    ("order_line", "订单行号"),
    ("order_no", "订单号"),
    ("out_qty", "发出数量"),
    ("out_value", "发出金额"),
    ("paid_on", "收款日期"),
    ("po_line", "采购订单行号"),
    ("po_no", "采购订单号"),
    ("price", "单价"),
    ("promised_date", "承诺日期"),
    ("qty", "数量"),
    ("quantity", "数量"),
    ("reference", "流水号"),
    ("reorder_point", "再订货点"),
    ("safety_stock", "安全库存"),
    ("ship_date", "发货日期"),
    ("shipment_no", "出库单号"),
    ("shipped_on", "发货日期"),
    ("sku", "货号"),
    ("status", "状态"),
    ("supplier", "供应商"),
    ("supplier_no", "供应商编号"),
    ("tax", "税额"),
    ("tax_amount", "税额"),
    ("total", "合计"),
    ("unit", "单位"),
    ("unit_cost", "单位成本"),
    ("unit_price", "单价"),
    ("value", "金额"),
    ("voucher_line", "凭证行号"),
    ("voucher_no", "凭证号"),
    ("warehouse", "仓库"),
];

/// A side's name for a reader.
pub fn side(name: &str, language: Language) -> String {
    match language {
        Language::Zh => side_zh(name),
        Language::En => visible(name),
    }
}

pub(super) fn side_zh(name: &str) -> String {
    known(SIDES, name).map_or_else(|| visible(name), str::to_owned)
}

/// A side inside a Chinese sentence: a name that is not known stands in quotes, or it would run into its neighbours.
pub(super) fn side_in_zh(name: &str) -> String {
    known(SIDES, name).map_or_else(|| format!("“{}”", visible(name)), str::to_owned)
}

/// A column inside a Chinese sentence, like [`side_in_zh`].
pub(super) fn column_in_zh(name: &str) -> String {
    known(COLUMNS, name).map_or_else(|| format!("“{}”", visible(name)), str::to_owned)
}

/// An expression with every known `side.column` in Chinese: `warehouse.qty` becomes 仓库数量. Text in quotes stays.
pub(super) fn expression_zh(expression: &str) -> String {
    translated(expression, path_zh)
}

/// A column in Chinese, where it is known.
pub(super) fn column_word(column: &str) -> Option<&'static str> {
    known(COLUMNS, column)
}

/// An expression with every name replaced that `word` knows.
fn translated(expression: &str, word: impl Fn(&str) -> Option<String>) -> String {
    tokens(expression).into_iter().map(|token| word(token).unwrap_or_else(|| visible(token))).collect()
}

/// The words, quoted texts, comparisons and other letters of an expression, blanks among them.
pub(super) fn tokens(expression: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = expression;
    while let Some(next) = rest.chars().next() {
        let taken = match next {
            '\'' | '"' => rest[1..].find(next).map_or(rest.len(), |end| end + 2),
            each if each.is_alphabetic() || each == '_' => {
                rest.find(|each: char| !(each.is_alphanumeric() || matches!(each, '_' | '.'))).unwrap_or(rest.len())
            }
            each if each.is_ascii_digit() => {
                rest.find(|each: char| !(each.is_ascii_digit() || each == '.')).unwrap_or(rest.len())
            }
            '<' | '>' | '=' | '!' => {
                rest.find(|each: char| !matches!(each, '<' | '>' | '=' | '!')).unwrap_or(rest.len())
            }
            each => each.len_utf8(),
        };
        let (token, left) = rest.split_at(taken);
        tokens.push(token);
        rest = left;
    }
    tokens
}

/// `side.column`, where the side is known; an unknown column stands behind a space.
fn path_zh(token: &str) -> Option<String> {
    let (side, column) = token.split_once('.')?;
    let side = known(SIDES, side)?;
    Some(match known(COLUMNS, column) {
        Some(column) => format!("{side}{column}"),
        None => format!("{side} {}", visible(column)),
    })
}

fn known(list: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    list.iter().find(|(known, _)| *known == name).map(|(_, zh)| *zh)
}
