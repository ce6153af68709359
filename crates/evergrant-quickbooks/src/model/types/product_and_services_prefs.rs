//! Made by `cargo xtask codegen`; not to be changed by hand.

object! {
    /// `ProductAndServicesPrefs`, inside of entities.
    ProductAndServicesPrefs {
        /// `ForSales`.
        for_sales, set_for_sales: bool = "ForSales";
        /// `ForPurchase`.
        for_purchase, set_for_purchase: bool = "ForPurchase";
        /// `QuantityWithPriceAndRate`.
        quantity_with_price_and_rate, set_quantity_with_price_and_rate: bool = "QuantityWithPriceAndRate";
        /// `QuantityOnHand`.
        quantity_on_hand, set_quantity_on_hand: bool = "QuantityOnHand";
        /// `RevenueRecognition`. *Schema only.*
        revenue_recognition, set_revenue_recognition: bool = "RevenueRecognition";
        /// `RevenueRecognitionFrequency`. *Schema only.*
        revenue_recognition_frequency, set_revenue_recognition_frequency: String = "RevenueRecognitionFrequency";
        /// `RevenueRecognitionEnabled`. Since minor version 65.
        revenue_recognition_enabled, set_revenue_recognition_enabled: bool = "RevenueRecognitionEnabled";
        /// `RecognitionFrequencyType`. Since minor version 65.
        recognition_frequency_type, set_recognition_frequency_type: String = "RecognitionFrequencyType";
    }
}
