//! Queries over a company's entities: `SELECT … FROM … WHERE … ORDERBY … STARTPOSITION … MAXRESULTS …`.
//!
//! `parse` turns text into a statement and knows no entities; this module gives the statement its meaning. There
//! is no OR, no NOT, no grouping and no join, since Intuit's language has none.

#[cfg(any(test, feature = "test-util"))]
pub(crate) mod fuzzing;
mod parse;

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::company::{Company, Record};
use crate::refusal::ServiceFault;
use crate::schema::{Kind, Shape};
use crate::time::moment;
use parse::{Condition, Literal, Operator, Statement, What};

/// The largest page, and the page size when none is asked for.
const LARGEST_PAGE: usize = 1000;
const DEFAULT_PAGE: usize = 100;

/// The `QueryResponse` object, as JSON text, that answers a query.
pub(crate) fn answer(company: &Company, text: &str) -> Result<String, ServiceFault> {
    let statement = parse::statement(text)?;
    let query = Query::understand(&statement)?;
    let mut rows: Vec<&Record> = company.shelf(query.kind).values().collect();
    rows.retain(|record| query.checks.iter().all(|check| check.holds(record)));
    if query.count {
        return Ok(format!(r#"{{"totalCount":{}}}"#, rows.len()));
    }
    rows.sort_by(|one, two| query.compare(one, two));
    let page: Vec<&Record> = rows
        .into_iter()
        .skip(query.start - 1)
        .take(query.limit)
        .collect();
    Ok(query.write(&page))
}

/// A statement whose names and values have been found to make sense.
struct Query {
    kind: &'static Kind,
    count: bool,
    /// None for `*`.
    columns: Option<Vec<Property>>,
    checks: Vec<Check>,
    order: Vec<(Property, bool)>,
    /// Counted from 1.
    start: usize,
    limit: usize,
}

/// A path to a scalar in an entity, such as `MetaData.CreateTime`.
#[derive(Clone)]
struct Property {
    path: Vec<&'static str>,
    shape: Shape,
}

struct Check {
    property: Property,
    operator: Operator,
    wanted: Vec<Key>,
}

/// A value in a form that can be compared.
#[derive(Debug, Clone)]
enum Key {
    Absent,
    Flag(bool),
    Number(f64),
    Moment(Timestamp),
    /// In lower case, since comparison ignores case.
    Text(String),
}

impl Query {
    fn understand(statement: &Statement) -> Result<Self, ServiceFault> {
        let Some(kind) = Kind::by_name(&statement.entity) else {
            let reason = format!("Invalid context declaration: {}", statement.entity);
            return Err(ServiceFault::query_meaning(&reason));
        };
        let columns = match &statement.what {
            What::All | What::Count => None,
            What::Columns(names) => Some(
                names
                    .iter()
                    .map(|name| column(kind, name))
                    .collect::<Result<_, _>>()?,
            ),
        };
        let checks = statement
            .conditions
            .iter()
            .map(|condition| Check::understand(kind, condition));
        let mut checks: Vec<Check> = checks.collect::<Result<_, _>>()?;
        if kind.is_name && !checks.iter().any(|check| check.property.path == ["Active"]) {
            checks.push(Check::active());
        }
        Ok(Self {
            kind,
            count: matches!(statement.what, What::Count),
            columns,
            checks,
            order: order(kind, &statement.order)?,
            start: position(statement.start.unwrap_or(1))?,
            limit: position(statement.limit.unwrap_or(DEFAULT_PAGE as u64))?.min(LARGEST_PAGE),
        })
    }

    /// The order asked for; else names by display name, as Intuit lists them, and the rest by id.
    fn compare(&self, one: &Record, two: &Record) -> Ordering {
        let by_order = self.order.iter().map(|(property, descending)| {
            let order = property.key(one).compare(&property.key(two));
            if *descending { order.reverse() } else { order }
        });
        let asked = by_order.fold(Ordering::Equal, Ordering::then);
        if !self.order.is_empty() || !self.kind.is_name {
            return asked;
        }
        let name = |record: &Record| record.text_of("DisplayName").map(str::to_lowercase);
        name(one).cmp(&name(two))
    }

    fn write(&self, page: &[&Record]) -> String {
        if page.is_empty() {
            return "{}".to_owned();
        }
        let rows: Vec<String> = page.iter().map(|record| self.write_row(record)).collect();
        let (name, start, count) = (self.kind.class.name, self.start, rows.len());
        format!(
            r#"{{"{name}":[{}],"startPosition":{start},"maxResults":{count}}}"#,
            rows.join(",")
        )
    }

    fn write_row(&self, record: &Record) -> String {
        let Some(columns) = &self.columns else {
            return String::from_utf8_lossy(&record.text).into_owned();
        };
        let mut row = Map::new();
        for member in self.kind.class.members {
            for column in columns
                .iter()
                .filter(|column| column.path[0] == member.name)
            {
                column.copy(record, &mut row);
            }
            match member.name {
                "domain" => drop(row.insert("domain".into(), json!("QBO"))),
                "sparse" => drop(row.insert("sparse".into(), json!(true))),
                "Id" => drop(row.insert("Id".into(), record.members["Id"].clone())),
                _ => {}
            }
        }
        Value::Object(row).to_string()
    }
}

impl Property {
    /// Follows a dotted name through the schema; case does not matter.
    fn find(kind: &Kind, name: &str) -> Option<Self> {
        let mut class = &kind.class;
        let mut path = Vec::new();
        let mut steps = name.split('.').peekable();
        while let Some(step) = steps.next() {
            let member = class.member(step)?;
            path.push(member.name);
            if steps.peek().is_none() {
                return Some(Self {
                    path,
                    shape: member.shape,
                });
            }
            let Shape::Group(inner) = member.shape else {
                return None;
            };
            class = inner;
        }
        None
    }

    fn is_scalar(&self) -> bool {
        !matches!(self.shape, Shape::Group(_) | Shape::Groups(_))
    }

    fn value<'a>(&self, record: &'a Record) -> Option<&'a Value> {
        let (first, rest) = self.path.split_first()?;
        rest.iter()
            .try_fold(record.members.get(*first)?, |value, step| value.get(step))
    }

    fn key(&self, record: &Record) -> Key {
        let Some(value) = self.value(record) else {
            return Key::Absent;
        };
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        Key::new(self.shape, &text).unwrap_or(Key::Text(text.to_lowercase()))
    }

    /// Copies the value into `row`, inside the groups it stands in.
    fn copy(&self, record: &Record, row: &mut Map<String, Value>) {
        let Some(value) = self.value(record) else {
            return;
        };
        let [groups @ .., last] = self.path.as_slice() else {
            return;
        };
        let mut target = row;
        for group in groups {
            let Value::Object(inner) = target.entry(*group).or_insert_with(|| json!({})) else {
                return;
            };
            target = inner;
        }
        target.insert((*last).to_owned(), value.clone());
    }
}

impl Check {
    fn understand(kind: &Kind, condition: &Condition) -> Result<Self, ServiceFault> {
        let name = &condition.property;
        let property = Property::find(kind, name).ok_or_else(|| not_found(kind, name))?;
        if !property.is_scalar() || matches!(property.shape, Shape::Masked) {
            return Err(ServiceFault::query_meaning(&format!(
                "property '{name}' is not queryable"
            )));
        }
        let is_pattern = matches!(condition.operator, Operator::Like);
        let wanted = condition
            .values
            .iter()
            .map(|literal| match (literal, is_pattern) {
                (Literal::Text(text), true) => Ok(Key::Text(text.to_lowercase())),
                (Literal::Text(text), _) if text.trim().is_empty() => Ok(Key::Absent),
                (Literal::Text(text) | Literal::Bare(text), _) => Key::new(property.shape, text)
                    .ok_or_else(|| {
                        ServiceFault::query_meaning(&format!(
                            "value '{text}' does not suit property '{name}'"
                        ))
                    }),
            });
        let wanted = wanted.collect::<Result<_, _>>()?;
        Ok(Self {
            property,
            operator: condition.operator,
            wanted,
        })
    }

    /// What every query over names asks unless it says otherwise.
    fn active() -> Self {
        let property = Property {
            path: vec!["Active"],
            shape: Shape::Flag,
        };
        Self {
            property,
            operator: Operator::Equal,
            wanted: vec![Key::Flag(true)],
        }
    }

    fn holds(&self, record: &Record) -> bool {
        let key = self.property.key(record);
        self.wanted
            .iter()
            .any(|wanted| self.operator.holds(&key, wanted))
    }
}

impl Operator {
    /// Something absent equals only what is asked to be blank.
    fn holds(self, key: &Key, wanted: &Key) -> bool {
        if let Self::Like = self {
            let (Key::Text(text), Key::Text(pattern)) = (key, wanted) else {
                return false;
            };
            return is_like(text, pattern);
        }
        if matches!(key, Key::Absent) != matches!(wanted, Key::Absent) {
            return false;
        }
        let order = key.compare(wanted);
        match self {
            Self::Equal | Self::In => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::Greater => order.is_gt(),
            Self::AtMost => order.is_le(),
            Self::AtLeast => order.is_ge(),
            Self::Like => false,
        }
    }
}

impl Key {
    /// A value of this shape; none if the text is no such value.
    fn new(shape: Shape, text: &str) -> Option<Self> {
        match shape {
            Shape::Flag => text.to_lowercase().parse().ok().map(Self::Flag),
            Shape::Number | Shape::Id => text.trim().parse().ok().map(Self::Number),
            Shape::Time => moment(text).map(Self::Moment),
            Shape::Text | Shape::Masked | Shape::Group(_) | Shape::Groups(_) => {
                Some(Self::Text(text.to_lowercase()))
            }
        }
    }

    /// What is absent comes first; values of one property are of one sort.
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Flag(one), Self::Flag(two)) => one.cmp(two),
            (Self::Number(one), Self::Number(two)) => one.total_cmp(two),
            (Self::Moment(one), Self::Moment(two)) => one.cmp(two),
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            (Self::Absent, Self::Absent) => Ordering::Equal,
            (Self::Absent, _) => Ordering::Less,
            (_, Self::Absent) => Ordering::Greater,
            _ => Ordering::Less,
        }
    }
}

fn column(kind: &Kind, name: &str) -> Result<Property, ServiceFault> {
    Property::find(kind, name)
        .filter(Property::is_scalar)
        .ok_or_else(|| not_found(kind, name))
}

/// Intuit no longer sorts by `Id`.
fn order(kind: &Kind, asked: &[(String, bool)]) -> Result<Vec<(Property, bool)>, ServiceFault> {
    let understood = asked.iter().map(|(name, descending)| {
        let property = column(kind, name)?;
        if property.path == ["Id"] {
            return Err(ServiceFault::query_meaning("property 'Id' is not sortable"));
        }
        Ok((property, *descending))
    });
    understood.collect()
}

fn position(value: u64) -> Result<usize, ServiceFault> {
    if value == 0 {
        return Err(ServiceFault::query_meaning(
            "value 0 is too small. Min allowed value is 1",
        ));
    }
    Ok(usize::try_from(value).unwrap_or(usize::MAX))
}

fn not_found(kind: &Kind, name: &str) -> ServiceFault {
    ServiceFault::query_meaning(&format!(
        "Property {name} not found for Entity {}",
        kind.class.name
    ))
}

/// Whether `text` matches a pattern in which `%` stands for any run of characters.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('%') else {
        return text == pattern;
    };
    let Some(mut left) = text.strip_prefix(head) else {
        return false;
    };
    let Some((middle, tail)) = rest.rsplit_once('%') else {
        return left.ends_with(rest);
    };
    for part in middle.split('%') {
        let Some(found) = left.find(part) else {
            return false;
        };
        left = &left[found + part.len()..];
    }
    left.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    fn run(text: &str) -> Result<Value, ServiceFault> {
        let company = Company::open(&Seed::sample().companies[0]);
        answer(&company, text).map(|text| serde_json::from_str(&text).unwrap())
    }

    fn ids(text: &str) -> Vec<String> {
        let response = run(text).unwrap();
        let rows = response["Employee"].as_array().cloned().unwrap_or_default();
        rows.iter()
            .map(|row| row["Id"].as_str().unwrap().to_owned())
            .collect()
    }

    fn check(condition: &str, expected: &[&str]) {
        let text = format!("select * from Employee where {condition}");
        let mut found = ids(&text);
        found.sort();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn conditions_select() {
        check("Id = '58'", &["58"]);
        check("Id IN ('58', '60') AND DisplayName LIKE 'B%'", &["58"]);
        check("DisplayName = 'bill miller'", &["58"]);
        check(r"FamilyName = 'O\'Rielly'", &["62"]);
        check("displayname like '%EL%'", &["62", "69"]);
        check("PrimaryAddr.City = 'Bayshore'", &["60", "62"]);
        check("BillableTime = true", &["60", "65"]);
        check("BillRate >= '80'", &["65"]);
        check("BillRate > 60 and BillRate < 70", &["60"]);
        check("MetaData.CreateTime < '2015-07-24T16:41:02Z'", &["58"]);
        check(
            "MetaData.CreateTime <= '2015-07-24T09:41:02-07:00'",
            &["58", "59"],
        );
        check(
            "MetaData.LastUpdatedTime >= '2018-01-01' and Active in (true, false)",
            &["68", "69"],
        );
        check("HiredDate = '2014-03-17'", &["59"]);
        check("Active = false", &["63", "68"]);
        check("Title = ' ' and BillableTime = true", &["60"]);
        check("DisplayName = 'nobody'", &[]);
    }

    #[test]
    fn the_inactive_are_hidden_and_names_are_in_order() {
        let all = ids("select * from Employee");
        assert_eq!(all.len(), 10);
        assert_eq!(all[..3], ["69", "58", "62"]);
        assert_eq!(
            ids("Select * From employee Where Active In (true,false)").len(),
            12
        );
    }

    #[test]
    fn orders_and_pages() {
        let by_time = "select * from Employee ORDERBY MetaData.CreateTime DESC, DisplayName ASC";
        assert_eq!(ids(by_time)[0], "69");
        assert_eq!(
            ids("select * from Employee order by BillRate desc maxresults 2"),
            ["65", "60"]
        );
        assert_eq!(
            ids("select * from Employee STARTPOSITION 10 MAXRESULTS 5").len(),
            1
        );
        assert_eq!(
            ids("select * from Employee MAXRESULTS 5 STARTPOSITION 2").len(),
            5
        );
        let page = run("select * from Employee startposition 3 maxresults 2").unwrap();
        assert_eq!(
            (&page["startPosition"], &page["maxResults"]),
            (&json!(3), &json!(2))
        );
    }

    #[test]
    fn counts_and_empty_answers_have_their_own_shape() {
        assert_eq!(
            run("select count(*) from Employee").unwrap(),
            json!({"totalCount": 10})
        );
        assert_eq!(
            run("select * from Employee startposition 50").unwrap(),
            json!({})
        );
    }

    #[test]
    fn columns_are_projected() {
        let row = &run("select DisplayName, PrimaryAddr.City from Employee where Id = '58'")
            .unwrap()["Employee"][0];
        let expected = json!({"PrimaryAddr": {"City": "Middlefield"}, "domain": "QBO", "sparse": true,
                              "Id": "58", "DisplayName": "Bill Miller"});
        assert_eq!(row.to_string(), expected.to_string());
    }

    #[test]
    fn company_info_is_an_entity_too() {
        let info = run("select * from CompanyInfo").unwrap();
        assert_eq!(info["CompanyInfo"][0]["Country"], "USA");
    }

    #[test]
    fn what_makes_no_sense_is_4001() {
        let detail = |text: &str| {
            let fault = run(text).unwrap_err();
            assert_eq!((fault.code, fault.message), ("4001", "Invalid query"));
            fault.detail
        };
        let expected = "QueryValidationError: Property Wage not found for Entity Employee";
        assert_eq!(detail("select * from Employee where Wage = '1'"), expected);
        assert_eq!(detail("select Wage from Employee"), expected);
        let expected = "QueryValidationError: property 'PrimaryAddr' is not queryable";
        assert_eq!(
            detail("select * from Employee where PrimaryAddr = '1'"),
            expected
        );
        let expected = "QueryValidationError: value 0 is too small. Min allowed value is 1";
        assert_eq!(detail("select * from Employee startposition 0"), expected);
        assert!(detail("select * from Spaceship").contains("Spaceship"));
        assert!(detail("select PrimaryAddr from Employee").contains("PrimaryAddr not found"));
        assert!(detail("select * from Employee orderby Id").contains("'Id'"));
        assert!(
            detail(
                "select * from Employee where MetaData.CreateTime > '2015-07-24T09:41:02 07:00'"
            )
            .contains("does not suit")
        );
    }

    #[test]
    fn percent_signs_match_any_run() {
        for (text, pattern) in [
            ("abc", "%"),
            ("abc", "a%"),
            ("abc", "%c"),
            ("abc", "%b%"),
            ("abcbc", "a%bc"),
            ("aa", "a%a"),
        ] {
            assert!(is_like(text, pattern), "{text} like {pattern}");
        }
        for (text, pattern) in [
            ("abc", "b%"),
            ("abc", "%b"),
            ("abc", "ab"),
            ("a", "a%a"),
            ("abc", "%c%b%"),
        ] {
            assert!(!is_like(text, pattern), "{text} like {pattern}");
        }
    }
}
