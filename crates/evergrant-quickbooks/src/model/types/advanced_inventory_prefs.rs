//! Made by `cargo xtask codegen`; not to be changed by hand.

object! {
    /// `AdvancedInventoryPrefs`, inside of entities.
    AdvancedInventoryPrefs {
        /// `MLIAvailable`. *Schema only.*
        mli_available, set_mli_available: bool = "MLIAvailable";
        /// `MLIEnabled`. *Schema only.*
        mli_enabled, set_mli_enabled: bool = "MLIEnabled";
        /// `EnhancedInventoryReceivingEnabled`. *Schema only.*
        enhanced_inventory_receiving_enabled, set_enhanced_inventory_receiving_enabled: bool = "EnhancedInventoryReceivingEnabled";
        /// `TrackingSerialOrLotNumber`. *Schema only.*
        tracking_serial_or_lot_number, set_tracking_serial_or_lot_number: bool = "TrackingSerialOrLotNumber";
        /// `TrackingOnSalesTransactionsEnabled`. *Schema only.*
        tracking_on_sales_transactions_enabled, set_tracking_on_sales_transactions_enabled: bool = "TrackingOnSalesTransactionsEnabled";
        /// `TrackingOnPurchaseTransactionsEnabled`. *Schema only.*
        tracking_on_purchase_transactions_enabled, set_tracking_on_purchase_transactions_enabled: bool = "TrackingOnPurchaseTransactionsEnabled";
        /// `TrackingOnInventoryAdjustmentEnabled`. *Schema only.*
        tracking_on_inventory_adjustment_enabled, set_tracking_on_inventory_adjustment_enabled: bool = "TrackingOnInventoryAdjustmentEnabled";
        /// `TrackingOnBuildAssemblyEnabled`. *Schema only.*
        tracking_on_build_assembly_enabled, set_tracking_on_build_assembly_enabled: bool = "TrackingOnBuildAssemblyEnabled";
        /// `FIFOEnabled`. *Schema only.*
        fifo_enabled, set_fifo_enabled: bool = "FIFOEnabled";
        /// `FIFOEffectiveDate`. *Schema only.*
        fifo_effective_date, set_fifo_effective_date: jiff::civil::Date = "FIFOEffectiveDate";
    }
}
