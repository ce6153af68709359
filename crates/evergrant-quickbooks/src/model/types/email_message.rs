//! Made by `cargo xtask codegen`; not to be changed by hand.

object! {
    /// `EmailMessage`, inside of entities.
    EmailMessage {
        /// `Subject`.
        subject, set_subject: String = "Subject";
        /// `Message`.
        message, set_message: String = "Message";
    }
}
