//! The config and rules that come with tieout, as they are written beside the company's databases.

/// Path under the demo's directory, and text. The same files stand in the repository, where paths start with
/// `var/demo/`; beside the databases they start where the databases lie.
const FILES: [(&str, &str); 12] = [
    ("config/tieout.toml", include_str!("../../config/tieout.toml")),
    ("config/tables/allocations.toml", include_str!("../../config/tables/allocations.toml")),
    ("config/tables/customers.toml", include_str!("../../config/tables/customers.toml")),
    ("config/tables/invoice_lines.toml", include_str!("../../config/tables/invoice_lines.toml")),
    ("config/tables/invoices.toml", include_str!("../../config/tables/invoices.toml")),
    ("config/tables/reorder_points.toml", include_str!("../../config/tables/reorder_points.toml")),
    ("config/tables/sales_lines.toml", include_str!("../../config/tables/sales_lines.toml")),
    ("config/tables/shipment_lines.toml", include_str!("../../config/tables/shipment_lines.toml")),
    ("config/tables/stock.toml", include_str!("../../config/tables/stock.toml")),
    ("rules/low-stock.toml", include_str!("../../rules/low-stock.toml")),
    ("rules/order-shipment-invoice.toml", include_str!("../../rules/order-shipment-invoice.toml")),
    ("rules/overdue-receivables.toml", include_str!("../../rules/overdue-receivables.toml")),
];

/// Every file with its text for the demo's directory.
pub(super) fn files() -> impl Iterator<Item = (&'static str, String)> {
    FILES.iter().map(|(path, text)| (*path, text.replace("var/demo/", "")))
}
