//! Made by `cargo xtask codegen`; not to be changed by hand.

object! {
    /// `MXGlobalInfo`, inside of entities.
    MXGlobalInfo {
        /// `Periodicity`. *Schema only.*
        periodicity, set_periodicity: String = "Periodicity";
        /// `Month`. *Schema only.*
        month, set_month: String = "Month";
        /// `Year`. *Schema only.*
        year, set_year: String = "Year";
    }
}
