//! A value as a query writes it.

use std::fmt;

use jiff::Zoned;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// A value in a query, quoted and escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal(String);

impl Literal {
    /// QuickBooks takes numbers in quotes for every member, and without for some.
    fn quoted(text: &str) -> Self {
        let mut quoted = String::with_capacity(text.len() + 2);
        quoted.push('\'');
        for letter in text.chars() {
            if matches!(letter, '\'' | '\\') {
                quoted.push('\\');
            }
            quoted.push(letter);
        }
        quoted.push('\'');
        Self(quoted)
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Self::quoted(text)
    }
}

impl From<String> for Literal {
    fn from(text: String) -> Self {
        Self::quoted(&text)
    }
}

impl From<bool> for Literal {
    fn from(value: bool) -> Self {
        Self(value.to_string())
    }
}

impl From<i64> for Literal {
    fn from(value: i64) -> Self {
        Self::quoted(&value.to_string())
    }
}

impl From<Decimal> for Literal {
    fn from(value: Decimal) -> Self {
        Self::quoted(&value.to_string())
    }
}

impl From<Date> for Literal {
    fn from(value: Date) -> Self {
        Self::quoted(&value.to_string())
    }
}

/// With its offset, to the second.
impl From<&Zoned> for Literal {
    fn from(value: &Zoned) -> Self {
        Self::quoted(&value.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
    }
}
