//! The config and rules that come with tieout, as they are written beside the company's databases.

/// Path under the demo's directory, and text. The same files stand in the repository, where paths start with
/// `var/demo/`; beside the databases they start where the databases lie.
const FILES: [(&str, &str); 45] = [
    ("config/tieout.toml", include_str!("../../config/tieout.toml")),
    ("config/tables/accruals.toml", include_str!("../../config/tables/accruals.toml")),
    ("config/tables/allocations.toml", include_str!("../../config/tables/allocations.toml")),
    ("config/tables/bank_balances.toml", include_str!("../../config/tables/bank_balances.toml")),
    ("config/tables/bank_book.toml", include_str!("../../config/tables/bank_book.toml")),
    ("config/tables/bank_statement.toml", include_str!("../../config/tables/bank_statement.toml")),
    ("config/tables/customers.toml", include_str!("../../config/tables/customers.toml")),
    ("config/tables/gl_balances.toml", include_str!("../../config/tables/gl_balances.toml")),
    ("config/tables/goods_receipt_lines.toml", include_str!("../../config/tables/goods_receipt_lines.toml")),
    ("config/tables/goods_shipped.toml", include_str!("../../config/tables/goods_shipped.toml")),
    ("config/tables/invoice_lines.toml", include_str!("../../config/tables/invoice_lines.toml")),
    ("config/tables/invoices.toml", include_str!("../../config/tables/invoices.toml")),
    ("config/tables/purchase_lines.toml", include_str!("../../config/tables/purchase_lines.toml")),
    ("config/tables/receipts.toml", include_str!("../../config/tables/receipts.toml")),
    ("config/tables/reorder_points.toml", include_str!("../../config/tables/reorder_points.toml")),
    ("config/tables/sales_lines.toml", include_str!("../../config/tables/sales_lines.toml")),
    ("config/tables/shipment_lines.toml", include_str!("../../config/tables/shipment_lines.toml")),
    ("config/tables/stock.toml", include_str!("../../config/tables/stock.toml")),
    ("config/tables/stock_ledger.toml", include_str!("../../config/tables/stock_ledger.toml")),
    ("config/tables/stock_ledger_before.toml", include_str!("../../config/tables/stock_ledger_before.toml")),
    ("config/tables/stock_moves.toml", include_str!("../../config/tables/stock_moves.toml")),
    ("config/tables/stock_month_end.toml", include_str!("../../config/tables/stock_month_end.toml")),
    ("config/tables/stock_values.toml", include_str!("../../config/tables/stock_values.toml")),
    ("config/tables/supplier_invoice_lines.toml", include_str!("../../config/tables/supplier_invoice_lines.toml")),
    ("config/tables/supplier_invoices.toml", include_str!("../../config/tables/supplier_invoices.toml")),
    ("config/tables/supplier_payments.toml", include_str!("../../config/tables/supplier_payments.toml")),
    ("config/tables/suppliers.toml", include_str!("../../config/tables/suppliers.toml")),
    ("config/tables/tax_bureau_invoices.toml", include_str!("../../config/tables/tax_bureau_invoices.toml")),
    ("rules/bank-statement.toml", include_str!("../../rules/bank-statement.toml")),
    ("rules/cash.toml", include_str!("../../rules/cash.toml")),
    ("rules/invoice-header-lines.toml", include_str!("../../rules/invoice-header-lines.toml")),
    ("rules/low-stock.toml", include_str!("../../rules/low-stock.toml")),
    ("rules/order-shipment-invoice.toml", include_str!("../../rules/order-shipment-invoice.toml")),
    ("rules/overdue-payables.toml", include_str!("../../rules/overdue-payables.toml")),
    ("rules/overdue-receivables.toml", include_str!("../../rules/overdue-receivables.toml")),
    ("rules/payment-allocations.toml", include_str!("../../rules/payment-allocations.toml")),
    ("rules/prepayments-ledger.toml", include_str!("../../rules/prepayments-ledger.toml")),
    ("rules/purchase-receipt-invoice.toml", include_str!("../../rules/purchase-receipt-invoice.toml")),
    ("rules/receivables-ledger.toml", include_str!("../../rules/receivables-ledger.toml")),
    ("rules/received-not-invoiced.toml", include_str!("../../rules/received-not-invoiced.toml")),
    ("rules/shipped-not-invoiced.toml", include_str!("../../rules/shipped-not-invoiced.toml")),
    ("rules/stock-ledger-on-hand.toml", include_str!("../../rules/stock-ledger-on-hand.toml")),
    ("rules/stock-roll-forward.toml", include_str!("../../rules/stock-roll-forward.toml")),
    ("rules/stock-value-ledger.toml", include_str!("../../rules/stock-value-ledger.toml")),
    ("rules/supplier-billed-twice.toml", include_str!("../../rules/supplier-billed-twice.toml")),
];

/// Every file with its text for the demo's directory.
pub(super) fn files() -> impl Iterator<Item = (&'static str, String)> {
    FILES.iter().map(|(path, text)| (*path, text.replace("var/demo/", "")))
}
