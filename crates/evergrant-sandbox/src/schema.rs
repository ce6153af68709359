//! The entities that the sandbox knows: their members in the order in which Intuit writes them, their types, and
//! what may be done with them.
//!
//! Intuit writes an entity's own members first, then those of every entity (`domain` to `MetaData`), then those of
//! every name (`GivenName` to `WebAddr`). Another entity is another table here.

/// A kind of entity.
#[derive(Debug)]
pub(crate) struct Kind {
    /// As in paths.
    pub(crate) path: &'static str,
    /// Its name in bodies and queries, and its members.
    pub(crate) class: Class,
    /// Whether it can be created and changed.
    pub(crate) writable: bool,
    /// Whether it is a name: unique `DisplayName`, made inactive instead of deleted.
    pub(crate) is_name: bool,
    /// Members of which one at least is needed to create it; none are needed if empty.
    pub(crate) needs_any_of: &'static [&'static str],
    /// Flags that are written as false when nobody has set them.
    pub(crate) plain_flags: &'static [&'static str],
}

/// An entity's or a group's members, under the name that Intuit's faults call it by.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) name: &'static str,
    pub(crate) members: &'static [Member],
}

/// A member of a class.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// Whether clients may set it.
    pub(crate) writable: bool,
}

/// What a member holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Text,
    /// Text that is taken and never shown again.
    Masked,
    /// A decimal number written as text.
    Id,
    Flag,
    Number,
    /// Compared as the moment it names; written as a date or as a time with offset.
    Time,
    Group(&'static Class),
    /// Several groups of the same class.
    Groups(&'static Class),
}

impl Kind {
    pub(crate) fn by_path(path: &str) -> Option<&'static Self> {
        KINDS.iter().copied().find(|kind| kind.path == path)
    }

    /// By the name in a query; case does not matter.
    pub(crate) fn by_name(name: &str) -> Option<&'static Self> {
        KINDS
            .iter()
            .copied()
            .find(|kind| kind.class.name.eq_ignore_ascii_case(name))
    }
}

impl Class {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.name == name)
    }

    /// A member by its name in a query; case does not matter.
    pub(crate) fn member(&self, name: &str) -> Option<&'static Member> {
        self.members
            .iter()
            .find(|member| member.name.eq_ignore_ascii_case(name))
    }
}

pub(crate) static KINDS: [&Kind; 2] = [&EMPLOYEE, &COMPANY_INFO];

pub(crate) static EMPLOYEE: Kind = Kind {
    path: "employee",
    writable: true,
    is_name: true,
    needs_any_of: &["GivenName", "FamilyName"],
    plain_flags: &["BillableTime"],
    class: Class {
        name: "Employee",
        members: EMPLOYEE_MEMBERS,
    },
};

const EMPLOYEE_MEMBERS: &[Member] = &[
    written("IntuitId", Shape::Text),
    written("Organization", Shape::Flag),
    written("EmployeeType", Shape::Text),
    written("EmployeeNumber", Shape::Text),
    written("SSN", Shape::Masked),
    written("PrimaryAddr", Shape::Group(ADDRESS)),
    written("OtherAddr", Shape::Groups(ADDRESS)),
    written("BillableTime", Shape::Flag),
    written("BillRate", Shape::Number),
    written("BirthDate", Shape::Time),
    written("Gender", Shape::Text),
    written("HiredDate", Shape::Time),
    written("ReleasedDate", Shape::Time),
    written("UseTimeEntry", Shape::Text),
    written("CostRate", Shape::Number),
    read_only("domain", Shape::Text),
    read_only("sparse", Shape::Flag),
    read_only("Id", Shape::Id),
    read_only("SyncToken", Shape::Id),
    read_only("MetaData", Shape::Group(META_DATA)),
    written("Title", Shape::Text),
    written("GivenName", Shape::Text),
    written("MiddleName", Shape::Text),
    written("FamilyName", Shape::Text),
    written("Suffix", Shape::Text),
    read_only("FullyQualifiedName", Shape::Text),
    written("CompanyName", Shape::Text),
    written("DisplayName", Shape::Text),
    written("PrintOnCheckName", Shape::Text),
    written("Active", Shape::Flag),
    read_only("V4IDPseudonym", Shape::Text),
    written("PrimaryPhone", Shape::Group(PHONE)),
    written("AlternatePhone", Shape::Group(PHONE)),
    written("Mobile", Shape::Group(PHONE)),
    written("Fax", Shape::Group(PHONE)),
    written("PrimaryEmailAddr", Shape::Group(EMAIL)),
    written("WebAddr", Shape::Group(WEB)),
    written("Notes", Shape::Text),
];

pub(crate) static COMPANY_INFO: Kind = Kind {
    path: "companyinfo",
    writable: false,
    is_name: false,
    needs_any_of: &[],
    plain_flags: &[],
    class: Class {
        name: "CompanyInfo",
        members: COMPANY_INFO_MEMBERS,
    },
};

const COMPANY_INFO_MEMBERS: &[Member] = &[
    written("CompanyName", Shape::Text),
    written("LegalName", Shape::Text),
    written("CompanyAddr", Shape::Group(ADDRESS)),
    written("CustomerCommunicationAddr", Shape::Group(ADDRESS)),
    written("LegalAddr", Shape::Group(ADDRESS)),
    written("CustomerCommunicationEmailAddr", Shape::Group(EMAIL)),
    written("PrimaryPhone", Shape::Group(PHONE)),
    read_only("CompanyStartDate", Shape::Time),
    written("FiscalYearStartMonth", Shape::Text),
    written("Country", Shape::Text),
    written("Email", Shape::Group(EMAIL)),
    written("WebAddr", Shape::Group(WEB)),
    written("SupportedLanguages", Shape::Text),
    written("DefaultTimeZone", Shape::Text),
    written("NameValue", Shape::Groups(NAME_VALUE)),
    read_only("domain", Shape::Text),
    read_only("sparse", Shape::Flag),
    read_only("Id", Shape::Id),
    read_only("SyncToken", Shape::Id),
    read_only("MetaData", Shape::Group(META_DATA)),
];

const ADDRESS: &Class = &Class {
    name: "PhysicalAddress",
    members: &[
        written("Id", Shape::Id),
        written("Line1", Shape::Text),
        written("Line2", Shape::Text),
        written("Line3", Shape::Text),
        written("Line4", Shape::Text),
        written("Line5", Shape::Text),
        written("City", Shape::Text),
        written("Country", Shape::Text),
        written("CountryCode", Shape::Text),
        written("County", Shape::Text),
        written("CountrySubDivisionCode", Shape::Text),
        written("PostalCode", Shape::Text),
        written("PostalCodeSuffix", Shape::Text),
        written("Lat", Shape::Text),
        written("Long", Shape::Text),
        written("Tag", Shape::Text),
        written("Note", Shape::Text),
    ],
};

const PHONE: &Class = &Class {
    name: "TelephoneNumber",
    members: &[
        written("DeviceType", Shape::Text),
        written("CountryCode", Shape::Text),
        written("AreaCode", Shape::Text),
        written("ExchangeCode", Shape::Text),
        written("Extension", Shape::Text),
        written("FreeFormNumber", Shape::Text),
        written("Default", Shape::Flag),
        written("Tag", Shape::Text),
    ],
};

const EMAIL: &Class = &Class {
    name: "EmailAddress",
    members: &[
        written("Address", Shape::Text),
        written("Default", Shape::Flag),
        written("Tag", Shape::Text),
    ],
};

const WEB: &Class = &Class {
    name: "WebSiteAddress",
    members: &[
        written("Id", Shape::Id),
        written("URI", Shape::Text),
        written("Default", Shape::Flag),
        written("Tag", Shape::Text),
    ],
};

const META_DATA: &Class = &Class {
    name: "ModificationMetaData",
    members: &[
        read_only("CreateTime", Shape::Time),
        read_only("LastUpdatedTime", Shape::Time),
    ],
};

const NAME_VALUE: &Class = &Class {
    name: "NameValue",
    members: &[written("Name", Shape::Text), written("Value", Shape::Text)],
};

const fn written(name: &'static str, shape: Shape) -> Member {
    Member {
        name,
        shape,
        writable: true,
    }
}

const fn read_only(name: &'static str, shape: Shape) -> Member {
    Member {
        name,
        shape,
        writable: false,
    }
}
