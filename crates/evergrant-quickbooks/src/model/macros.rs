//! What the generated files are written in: one line for a member, one word for a value.

/// A nested object: its members, each with its getter, its setter if it has one, type and name.
macro_rules! object {
    (
        $(#[$about:meta])*
        $name:ident {
            $($(#[$doc:meta])* $get:ident $(, $set:ident)?: $type:ty = $member:literal;)*
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, PartialEq, Eq, Default)]
        pub struct $name($crate::Object);

        impl $name {
            /// One without members.
            pub fn new() -> Self {
                Self::default()
            }

            /// All members, those that have no getter here among them.
            pub fn object(&self) -> &$crate::Object {
                &self.0
            }

            /// The same, to be changed.
            pub fn object_mut(&mut self) -> &mut $crate::Object {
                &mut self.0
            }

            $(
                $(#[$doc])*
                #[inline]
                pub fn $get(&self) -> Option<$type> {
                    $crate::model::member::get(&self.0, $member)
                }

                $(
                    #[doc = concat!("Sets `", $member, "`.")]
                    #[inline]
                    pub fn $set(&mut self, value: impl Into<$type>) -> &mut Self {
                        $crate::model::member::set(&mut self.0, $member, &value.into());
                        self
                    }
                )?
            )*

            const MEMBERS: $crate::model::member::Members =
                &[$(($member, <$type as $crate::model::Member>::check),)*];
        }

        impl $crate::model::Member for $name {
            const EXPECTED: &'static str = "an object";

            fn read(value: &$crate::Value) -> Option<Self> {
                $crate::model::member::object(value).map(Self)
            }

            fn write(&self) -> $crate::Value {
                $crate::Value::Object(self.0.clone())
            }

            fn check(value: &$crate::Value) -> Result<(), $crate::model::Mismatch> {
                $crate::model::member::check(value, Self::MEMBERS)
            }
        }

        /// Shows how much it is, not what: books hold personal data, and `Debug` ends up in logs.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({} members)"), self.0.names().count())
            }
        }
    };
}

/// An entity: an object of a kind.
macro_rules! entity {
    ($(#[$about:meta])* $name:ident { $($members:tt)* }) => {
        object! { $(#[$about])* $name { $($members)* } }

        impl $crate::Record for $name {
            fn entity(&self) -> $crate::Entity {
                $crate::Entity::found(
                    $crate::EntityKind::$name.member().to_owned(),
                    self.0.to_json(),
                )
            }

            fn from_entity(entity: $crate::Entity) -> $crate::Result<Self> {
                let kind = $crate::EntityKind::$name;
                $crate::model::member::of_entity(&entity, kind, Self::MEMBERS).map(Self)
            }
        }

        impl $crate::Typed for $name {
            const KIND: $crate::EntityKind = $crate::EntityKind::$name;
        }
    };
}

/// Open enumerations: the values that are known of each, and the one that is not.
macro_rules! open_enums {
    ($($name:ident { $($variant:ident $value:literal)* })*) => {$(
        #[doc = concat!("`", stringify!($name), "`: the values that are known, and any other.")]
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $value, "`")] $variant,)*
            /// A value that is not listed here.
            Unlisted(String),
        }

        impl $name {
            /// The value as it is written.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Unlisted(value) => value,
                }
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $($value => Self::$variant,)*
                    other => Self::Unlisted(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::model::Member for $name {
            const EXPECTED: &'static str = "a word";

            fn read(value: &$crate::Value) -> Option<Self> {
                value.as_text().map(|text| Self::from(&*text))
            }

            fn write(&self) -> $crate::Value {
                $crate::Value::string(self.as_str())
            }
        }
    )*};
}

/// What a line is about: the member that its `DetailType` says.
macro_rules! line_details {
    ($($variant:ident $detail_type:literal $type:ident $member:literal)*) => {
        /// What a line is about.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum LineDetail {
            $(#[doc = concat!("`DetailType` is `", $detail_type, "`.")] $variant($crate::model::$type),)*
            /// A `DetailType` that is not known here.
            Unlisted(String),
        }

        impl $crate::model::Line {
            /// A line about `detail`.
            pub fn of(detail: LineDetail) -> Self {
                let mut line = Self::new();
                line.set_detail(detail);
                line
            }

            /// What the line is about, as its `DetailType` says; `None` if it does not say, as the
            /// lines of payments don't.
            pub fn detail(&self) -> Option<LineDetail> {
                let detail_type: String = $crate::model::member::get(self.object(), "DetailType")?;
                Some(match detail_type.as_str() {
                    $($detail_type => LineDetail::$variant(
                        $crate::model::member::get(self.object(), $member).unwrap_or_default(),
                    ),)*
                    _ => LineDetail::Unlisted(detail_type),
                })
            }

            /// Sets what the line is about, and its `DetailType`. Of another type that it had the
            /// details are taken away.
            pub fn set_detail(&mut self, detail: LineDetail) -> &mut Self {
                let (detail_type, member, value) = match detail {
                    $(LineDetail::$variant(value) => (
                        $detail_type.to_owned(),
                        $member,
                        $crate::model::Member::write(&value),
                    ),)*
                    LineDetail::Unlisted(detail_type) => {
                        $crate::model::member::set(self.object_mut(), "DetailType", &detail_type);
                        return self;
                    }
                };
                $(if $member != member {
                    self.object_mut().remove($member);
                })*
                $crate::model::member::set(self.object_mut(), "DetailType", &detail_type);
                self.object_mut().set(member, value);
                self
            }
        }
    };
}
