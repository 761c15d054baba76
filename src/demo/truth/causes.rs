//! The injected defects, and what makes a near miss innocent.

use serde::{Deserialize, Serialize};

/// The injected defect behind a break. One defect may cause several breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Invoiced and never shipped.
    NeverShipped,
    /// Shipped and never invoiced.
    NeverInvoiced,
    ShippedTwice,
    /// Warehouse or finance booked another quantity than was ordered.
    QuantityDifference,
    AmountDifference,
    /// Finance booked the amount with tax, sales without.
    TaxIncluded,
    /// Two neighbouring digits of the invoiced amount changed places.
    SwappedDigits,
    /// A red-letter credit note took back an invoice that nobody took back in sales.
    RedLetter,
    /// The same invoice line was posted twice.
    DuplicateInvoice,
    /// The same order line stands twice in the order system.
    DuplicateOrderLine,
    /// A shipment was booked without its order number.
    NullKey,
    /// An invoice names an order that does not exist.
    UnknownOrder,
    LowStock,
    NegativeStock,
    /// Stock at or under a reorder point that nobody set and that follows from demand.
    LowByDemand,
    /// Nothing says at how much stock an item is to be ordered again.
    NoReorderPoint,
    #[serde(rename = "overdue_1_30")]
    Overdue1To30,
    #[serde(rename = "overdue_31_60")]
    Overdue31To60,
    #[serde(rename = "overdue_61_90")]
    Overdue61To90,
    #[serde(rename = "overdue_91")]
    Overdue91,
    OverCreditLimit,
    /// A supplier's invoice was due and is not paid.
    SupplierPaidLate,
    /// A supplier's invoice was paid by a payment that names no voucher.
    SupplierPaymentUnapplied,
    /// Ordered, promised, and nothing came.
    NotDelivered,
    /// More or less came than was ordered.
    DeliveryDifference,
    /// The supplier billed more than came.
    BilledBeyondReceipt,
    /// The supplier billed another price than was agreed.
    PurchasePriceDifference,
    /// A supplier's invoice names a purchase order that does not exist.
    UnknownPurchaseOrder,
    /// Goods that came without an invoice were not accrued at the month's end.
    NotAccrued,
    /// An accrual stands although the invoice came before the month's end.
    AccrualNotReversed,
    /// Goods were accrued at another price than they were ordered at.
    AccrualPrice,
    /// One supplier's invoice was booked twice.
    SupplierBilledTwice,
    /// The books hold an invoice that the tax bureau does not know.
    UnknownToTaxBureau,
    /// The tax bureau lists an invoice that nobody booked.
    InvoiceNotBooked,
    /// The books claim another input tax than the tax bureau lists.
    InputTaxDifference,
    /// Account 1406 lacks goods that had left the house without an invoice.
    NotCarriedAsShipped,
    /// Account 1406 still carries goods that were invoiced.
    StillCarriedAsShipped,
    /// The month does not open with what the month before closed at.
    OpeningNotCarriedForward,
    /// Opening, in and out do not make the closing quantity.
    RollDoesNotAddUp,
    /// Opening, in and out do not make the closing value.
    ValueDoesNotAddUp,
    /// The stock ledger holds an issue that no warehouse made.
    IssueUnknownToWarehouse,
    /// Goods lie in a warehouse and stand in no stock ledger.
    ItemNotInLedger,
    /// The stock ledger holds goods of which the warehouse has no figure.
    ItemNotCounted,
    /// A voucher was posted to a stock account by hand.
    StockVoucherByHand,
    /// A voucher was posted to a customer's account by hand.
    ReceivableVoucherByHand,
    /// One customer's payment was credited to another.
    WrongCustomer,
    /// A payment in advance was credited to receivables.
    PrepaymentInReceivables,
    /// An invoice's net is not the sum of its lines.
    HeaderNetDifference,
    /// An invoice's net and tax do not make its total.
    HeaderTotalDifference,
    /// An invoice has no lines.
    HeaderWithoutLines,
    /// More was settled with a receipt than came in.
    OverAllocated,
    /// A cheque bounced and still settles an invoice.
    BouncedStillAllocated,
    /// The bank moved money that nobody booked.
    BankOnly,
    /// Money was booked that the bank never moved.
    BookOnly,
    /// The bank moved another amount than was booked.
    BankAmountDifference,
    /// A line of the bank's statement was loaded twice.
    StatementLoadedTwice,
    /// An order names a customer of whom there is no record.
    UnknownCustomer,
    /// An order line names an item of which there is no record.
    UnknownItem,
    /// An order line does not say for when it was promised.
    NoPromisedDate,
    PriceBelowFloor,
    PriceAboveList,
    /// Nobody approved the order.
    WaitsForApproval,
    /// Approved and not shipped; whenever the promise fell due, it was moved.
    PromisePutOff,
    /// Invoiced, which the order system never heard of.
    InvoiceNotReported,
    /// Less lies on a bank account than must lie there.
    BelowFloor,
}

impl Cause {
    pub const ALL: [Cause; 65] = [
        Cause::NeverShipped,
        Cause::NeverInvoiced,
        Cause::ShippedTwice,
        Cause::QuantityDifference,
        Cause::AmountDifference,
        Cause::TaxIncluded,
        Cause::SwappedDigits,
        Cause::RedLetter,
        Cause::DuplicateInvoice,
        Cause::DuplicateOrderLine,
        Cause::NullKey,
        Cause::UnknownOrder,
        Cause::LowStock,
        Cause::NegativeStock,
        Cause::LowByDemand,
        Cause::NoReorderPoint,
        Cause::Overdue1To30,
        Cause::Overdue31To60,
        Cause::Overdue61To90,
        Cause::Overdue91,
        Cause::OverCreditLimit,
        Cause::SupplierPaidLate,
        Cause::SupplierPaymentUnapplied,
        Cause::NotDelivered,
        Cause::DeliveryDifference,
        Cause::BilledBeyondReceipt,
        Cause::PurchasePriceDifference,
        Cause::UnknownPurchaseOrder,
        Cause::NotAccrued,
        Cause::AccrualNotReversed,
        Cause::AccrualPrice,
        Cause::SupplierBilledTwice,
        Cause::UnknownToTaxBureau,
        Cause::InvoiceNotBooked,
        Cause::InputTaxDifference,
        Cause::NotCarriedAsShipped,
        Cause::StillCarriedAsShipped,
        Cause::OpeningNotCarriedForward,
        Cause::RollDoesNotAddUp,
        Cause::ValueDoesNotAddUp,
        Cause::IssueUnknownToWarehouse,
        Cause::ItemNotInLedger,
        Cause::ItemNotCounted,
        Cause::StockVoucherByHand,
        Cause::ReceivableVoucherByHand,
        Cause::WrongCustomer,
        Cause::PrepaymentInReceivables,
        Cause::HeaderNetDifference,
        Cause::HeaderTotalDifference,
        Cause::HeaderWithoutLines,
        Cause::OverAllocated,
        Cause::BouncedStillAllocated,
        Cause::BankOnly,
        Cause::BookOnly,
        Cause::BankAmountDifference,
        Cause::StatementLoadedTwice,
        Cause::UnknownCustomer,
        Cause::UnknownItem,
        Cause::NoPromisedDate,
        Cause::PriceBelowFloor,
        Cause::PriceAboveList,
        Cause::WaitsForApproval,
        Cause::PromisePutOff,
        Cause::InvoiceNotReported,
        Cause::BelowFloor,
    ];
}

/// Why a near miss is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Innocence {
    ShippedInThreeParts,
    /// The amounts differ by exactly the tolerance.
    OneCentInsideTolerance,
    TrailingBlanks,
    FullWidthKey,
    FullWidthAmount,
    /// Not shipped, on the last day of grace.
    NotShippedInGrace,
    /// Not invoiced, on the last day of grace.
    NotInvoicedInGrace,
    /// A first invoice was voided and does not count.
    VoidedInvoice,
    /// A red-letter note took the invoice back and a new invoice replaced it.
    CreditedAndReinvoiced,
    OneAboveReorderPoint,
    /// One more than the reorder point that follows from demand.
    OneAboveComputedPoint,
    DueToday,
    PaidInParts,
    /// What the customer owes is exactly the limit.
    CreditFullyUsed,
    DeliveredInParts,
    /// Nothing came, on the last day of grace.
    NotDeliveredInGrace,
    /// Billed, and still on its way on the last day of grace.
    GoodsOnTheWay,
    /// Received before the month's end, billed after it, and accrued in between.
    AccruedAtMonthEnd,
    /// The tax bureau does not list the invoice, on the last day of grace.
    NotYetListed,
    /// The tax bureau lists the invoice and the books do not, on the last day of grace.
    NotYetBooked,
    /// Shipped before the month's end, invoiced after it, and carried in 1406 in between.
    CarriedOverMonthEnd,
    /// The general ledger agrees with the book below it.
    BalanceTiesOut,
    /// More came in than was settled with it.
    PaidTooMuch,
    /// Nothing was settled with it yet.
    PaidInAdvance,
    /// The bank credited two receipts in one sum.
    TwoReceiptsInOneCredit,
    /// Booked and not on the statement, on the last day of grace.
    NotYetStated,
    /// On the statement since yesterday, and not booked yet.
    StatedYesterday,
    /// Sold at exactly the lowest price there is.
    PriceAtFloor,
    /// Sold at exactly the list price.
    PriceAtList,
    /// The item's number in small letters or in full width.
    ItemSpelling,
    /// The customer's number in small letters or in full width.
    CustomerSpelling,
    /// Not approved, on the last day that may take.
    ApprovalInTime,
    /// Approved and not shipped, on the last day that may take.
    ShippingInTime,
    /// Exactly as much lies on a bank account as must lie there.
    AtFloor,
}

impl Innocence {
    pub const ALL: [Innocence; 34] = [
        Innocence::ShippedInThreeParts,
        Innocence::OneCentInsideTolerance,
        Innocence::TrailingBlanks,
        Innocence::FullWidthKey,
        Innocence::FullWidthAmount,
        Innocence::NotShippedInGrace,
        Innocence::NotInvoicedInGrace,
        Innocence::VoidedInvoice,
        Innocence::CreditedAndReinvoiced,
        Innocence::OneAboveReorderPoint,
        Innocence::OneAboveComputedPoint,
        Innocence::DueToday,
        Innocence::PaidInParts,
        Innocence::CreditFullyUsed,
        Innocence::DeliveredInParts,
        Innocence::NotDeliveredInGrace,
        Innocence::GoodsOnTheWay,
        Innocence::AccruedAtMonthEnd,
        Innocence::NotYetListed,
        Innocence::NotYetBooked,
        Innocence::CarriedOverMonthEnd,
        Innocence::BalanceTiesOut,
        Innocence::PaidTooMuch,
        Innocence::PaidInAdvance,
        Innocence::TwoReceiptsInOneCredit,
        Innocence::NotYetStated,
        Innocence::StatedYesterday,
        Innocence::PriceAtFloor,
        Innocence::PriceAtList,
        Innocence::ItemSpelling,
        Innocence::CustomerSpelling,
        Innocence::ApprovalInTime,
        Innocence::ShippingInTime,
        Innocence::AtFloor,
    ];
}
