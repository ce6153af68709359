//! Queries over a company's entities: `SELECT … FROM … WHERE … ORDERBY … STARTPOSITION … MAXRESULTS …`.
//!
//! `parse` turns text into a statement and knows no entities; this module gives the statement its meaning, and
//! `property` looks values up. There is no OR, no NOT, no grouping and no join, since Intuit's language has none.

#[cfg(any(test, feature = "test-util"))]
pub(crate) mod fuzzing;
mod parse;
mod property;

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::company::{Company, Record, recurring};
use crate::json;
use crate::refusal::ServiceFault;
use crate::schema::{Kind, Operation, Shape};
use crate::settings::Settings;
use parse::{Condition, Literal, Operator, Statement, What};
use property::{Key, Property, is_like};

/// The largest page, and the page size when none is asked for.
pub(crate) const LARGEST_PAGE: usize = 1000;
const DEFAULT_PAGE: usize = 100;

/// Where an entity says when it was made.
const CREATION: [&str; 2] = ["MetaData", "CreateTime"];

/// The `QueryResponse` object, as JSON text, that answers a query.
pub(crate) fn answer(
    company: &Company,
    text: &str,
    settings: &Settings,
) -> Result<String, ServiceFault> {
    let statement = parse::statement(text, settings.doubled_quotes)?;
    let query = Query::understand(&statement, settings)?;
    if query.count {
        return Ok(format!(
            r#"{{"totalCount":{}}}"#,
            query.rows(company).count()
        ));
    }
    let total = settings.total_count.then(|| query.rows(company).count());
    Ok(query.write(company, &query.page(company), total))
}

/// The kind of entity that a query is about, if it can be made out.
pub(crate) fn kind(text: &str, settings: &Settings) -> Option<&'static Kind> {
    let statement = parse::statement(text, settings.doubled_quotes).ok()?;
    Kind::by_name(&statement.entity)
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

/// An entity in reach of a query.
struct Row<'a> {
    id: u64,
    record: &'a Record,
    /// With its balances, if the query asks for them.
    text: Cow<'a, str>,
}

impl Row<'_> {
    fn has_word_for_id(&self) -> bool {
        let id = self.record.scalar("Id").unwrap_or_default();
        id.parse::<u64>().is_err()
    }
}

struct Check {
    property: Property,
    operator: Operator,
    wanted: Vec<Key>,
}

impl Query {
    fn understand(statement: &Statement, settings: &Settings) -> Result<Self, ServiceFault> {
        let kind = Kind::by_name(&statement.entity).filter(|kind| kind.allows(Operation::Query));
        let Some(kind) = kind else {
            let reason = format!("Invalid context declaration: {}", statement.entity);
            return Err(ServiceFault::query_meaning(&reason));
        };
        let columns = match &statement.what {
            What::All | What::Count => None,
            // What is wrapped comes whole.
            What::Columns(_) if kind.is_wrapper() => None,
            What::Columns(names) => {
                let columns = names.iter().map(|name| Property::column(kind, name));
                Some(columns.collect::<Result<_, _>>()?)
            }
        };
        let checks = statement
            .conditions
            .iter()
            .map(|condition| Check::understand(kind, condition));
        let mut checks: Vec<Check> = checks.collect::<Result<_, _>>()?;
        let has_activity = kind.is_list() && kind.class.has("Active");
        if has_activity && !checks.iter().any(|check| check.property.path == ["Active"]) {
            checks.push(Check::active());
        }
        Ok(Self {
            kind,
            count: matches!(statement.what, What::Count),
            columns,
            checks,
            order: order(kind, &statement.order, settings.order_by_id)?,
            start: position(statement.start.unwrap_or(1))?,
            limit: limit(statement.limit, settings.refuses_long_pages)?,
        })
    }

    /// The entities that meet all conditions: by when they were made or changed where that is the order, else by id.
    /// They are looked up one by one, so that a page costs what it holds and not what the books hold.
    fn rows<'a>(&'a self, company: &'a Company) -> Box<dyn Iterator<Item = Row<'a>> + 'a> {
        let shelf = company.store.shelf(self.kind);
        let is_live = self.is_live();
        let row = move |(id, record): (u64, &'a Record)| {
            let text = if is_live {
                company.live(self.kind, id, record)
            } else if self.kind.is_wrapper() {
                recurring::searched(&record.text)
            } else {
                Cow::Borrowed(&*record.text)
            };
            Row { id, record, text }
        };
        let is_met = |row: &Row| self.checks.iter().all(|check| check.holds(row));
        let found = move |id| Some((id, shelf.records.get(&id)?));
        if self.is_latest_first() {
            let Some(ids) = self.asked_ids() else {
                let all = shelf.latest_first();
                return Box::new(all.filter_map(found).map(row).filter(is_met));
            };
            let mut asked: Vec<(u64, &Record)> = ids.into_iter().filter_map(found).collect();
            asked.sort_by_key(|(id, record)| Reverse((record.updated, *id)));
            return Box::new(asked.into_iter().map(row).filter(is_met));
        }
        if let Some(ids) = self.asked_ids() {
            return Box::new(ids.into_iter().filter_map(found).map(row).filter(is_met));
        }
        if self.is_by_creation() {
            let ids = shelf.made_from(self.made_from());
            return Box::new(ids.filter_map(found).map(row).filter(is_met));
        }
        let all = shelf.records.iter().map(|(id, record)| (*id, record));
        Box::new(all.map(row).filter(is_met))
    }

    /// Whether what it looks at is kept with the ledger.
    fn is_live(&self) -> bool {
        let checked = self.checks.iter().map(|check| &check.property);
        let sorted = self.order.iter().map(|(property, _)| property);
        checked.chain(sorted).any(Property::is_live)
    }

    fn is_by_creation(&self) -> bool {
        !self.kind.is_wrapper()
            && matches!(self.order.as_slice(), [(property, false)] if property.path == CREATION)
    }

    /// Whether the latest change comes first, as Intuit has it for all but lists when no order is asked for.
    fn is_latest_first(&self) -> bool {
        self.order.is_empty() && !self.count && !self.kind.is_list() && !self.kind.is_wrapper()
    }

    /// Nothing that was made before this meets the conditions.
    fn made_from(&self) -> Option<Timestamp> {
        let bounds = self.checks.iter().filter(|check| {
            check.property.path == CREATION
                && matches!(check.operator, Operator::AtLeast | Operator::Greater)
        });
        let moments = bounds
            .flat_map(|check| &check.wanted)
            .filter_map(Key::moment);
        moments.max()
    }

    /// The ids to which a condition restricts the query.
    fn asked_ids(&self) -> Option<Vec<u64>> {
        let check = self.checks.iter().find(|check| {
            check.property.path == ["Id"]
                && check.property.shape == Shape::Id
                && matches!(check.operator, Operator::Equal | Operator::In)
        })?;
        let mut ids: Vec<u64> = check.wanted.iter().filter_map(Key::id).collect();
        ids.sort_unstable();
        ids.dedup();
        Some(ids)
    }

    /// What has a word for its id comes with the first page and is not counted, as Intuit has it for tax codes.
    fn page<'a>(&'a self, company: &'a Company) -> Vec<Row<'a>> {
        let rows = self.ordered(company);
        if !self.kind.has_words_for_ids() {
            return rows.skip(self.start - 1).take(self.limit).collect();
        }
        let (mut words, numbers): (Vec<Row>, Vec<Row>) = rows.partition(Row::has_word_for_id);
        words.sort_by_key(|row| row.id);
        let words = words.into_iter().filter(|_| self.start == 1);
        let numbers = numbers.into_iter().skip(self.start - 1).take(self.limit);
        words.chain(numbers).collect()
    }

    /// The order asked for; else Intuit's: lists by name, the rest by the latest change.
    fn ordered<'a>(&'a self, company: &'a Company) -> Box<dyn Iterator<Item = Row<'a>> + 'a> {
        let rows = self.rows(company);
        let is_in_order = match self.order.as_slice() {
            [] => self.kind.naming().is_none(),
            [(property, false)] if property.path == ["Id"] => !self.kind.is_wrapper(),
            _ => self.is_by_creation() && self.asked_ids().is_none(),
        };
        if is_in_order {
            return rows;
        }
        let keys = |row: &Row| -> Vec<Key> {
            if self.order.is_empty() {
                return vec![self.name_key(row)];
            }
            self.order
                .iter()
                .map(|(property, _)| property.key(&row.text))
                .collect()
        };
        let mut keyed: Vec<(Vec<Key>, Row)> = rows.map(|row| (keys(&row), row)).collect();
        keyed.sort_by(|(one, _), (two, _)| self.compare(one, two));
        Box::new(keyed.into_iter().map(|(_, row)| row))
    }

    /// What sorts a list by name: subs come after what they belong to.
    fn name_key(&self, row: &Row) -> Key {
        let scalar = |name| row.record.scalar(name);
        let name = scalar("FullyQualifiedName").or_else(|| scalar(self.kind.naming()?));
        Key::Text(name.unwrap_or_default().to_lowercase())
    }

    fn compare(&self, one: &[Key], two: &[Key]) -> Ordering {
        let descending = self.order.iter().map(|(_, descending)| *descending);
        let orders = one
            .iter()
            .zip(two)
            .zip(descending.chain(std::iter::repeat(false)));
        orders
            .map(|((one, two), descending)| {
                let order = one.compare(two);
                if descending { order.reverse() } else { order }
            })
            .fold(Ordering::Equal, Ordering::then)
    }

    fn write(&self, company: &Company, page: &[Row], total: Option<usize>) -> String {
        if page.is_empty() {
            return "{}".to_owned();
        }
        let rows: Vec<Cow<str>> = page
            .iter()
            .map(|row| self.write_row(company, row))
            .collect();
        let (name, start, count) = (self.kind.root, self.start, rows.len());
        format!(
            r#"{{"{name}":[{}],"startPosition":{start},"maxResults":{count}{}}}"#,
            rows.join(","),
            total_count(total),
        )
    }

    fn write_row<'a>(&self, company: &Company, row: &'a Row) -> Cow<'a, str> {
        let text = company.live(self.kind, row.id, row.record);
        let Some(columns) = &self.columns else {
            return text;
        };
        let mut members = Map::new();
        for member in &self.kind.class.members {
            for column in columns
                .iter()
                .filter(|column| column.path[0] == member.name)
            {
                column.copy(&text, &mut members);
            }
            match member.name {
                "domain" => drop(members.insert("domain".into(), json!("QBO"))),
                "sparse" => drop(members.insert("sparse".into(), json!(true))),
                "Id" => drop(members.insert(
                    "Id".into(),
                    json!(row.record.scalar("Id").unwrap_or_default()),
                )),
                _ => {}
            }
        }
        Cow::Owned(json::text(&Value::Object(members)))
    }
}

impl Check {
    fn understand(kind: &'static Kind, condition: &Condition) -> Result<Self, ServiceFault> {
        let name = &condition.property;
        let property = Property::condition(kind, name)?;
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

    /// What every query over lists asks unless it says otherwise.
    fn active() -> Self {
        Self {
            property: Property::active(),
            operator: Operator::Equal,
            wanted: vec![Key::Flag(true)],
        }
    }

    fn holds(&self, row: &Row) -> bool {
        if self.property.path == ["Active"] {
            let key = Key::Flag(row.record.active);
            return self
                .wanted
                .iter()
                .any(|wanted| self.operator.holds(&key, wanted));
        }
        let Some(list) = self.property.list else {
            return self.holds_in(&row.text);
        };
        let elements =
            json::member(&row.text, list).and_then(|text| serde_json::from_str(text).ok());
        let elements: Vec<Value> = elements.unwrap_or_default();
        elements
            .iter()
            .any(|element| self.holds_in(&json::text(element)))
    }

    fn holds_in(&self, entity: &str) -> bool {
        let key = match self.operator {
            Operator::Like => self.property.text(entity),
            _ => self.property.key(entity),
        };
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
            Self::Differs => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::Greater => order.is_gt(),
            Self::AtMost => order.is_le(),
            Self::AtLeast => order.is_ge(),
            Self::Like => false,
        }
    }
}

fn order(
    kind: &'static Kind,
    asked: &[(String, bool)],
    by_id: bool,
) -> Result<Vec<(Property, bool)>, ServiceFault> {
    let understood = asked.iter().map(|(name, descending)| {
        let property = Property::column(kind, name)?;
        if property.path == ["Id"] && !by_id {
            return Err(ServiceFault::query_meaning("property 'Id' is not sortable"));
        }
        Ok((property, *descending))
    });
    understood.collect()
}

/// `,"totalCount":n` at the end of a page, where pages tell it.
pub(crate) fn total_count(total: Option<usize>) -> String {
    total.map_or_else(String::new, |total| format!(r#","totalCount":{total}"#))
}

fn limit(asked: Option<u64>, refuses_long: bool) -> Result<usize, ServiceFault> {
    let limit = position(asked.unwrap_or(DEFAULT_PAGE as u64))?;
    if limit > LARGEST_PAGE && refuses_long {
        let reason = format!("value {limit} is too large. Max allowed value is {LARGEST_PAGE}");
        return Err(ServiceFault::query_meaning(&reason));
    }
    Ok(limit.min(LARGEST_PAGE))
}

fn position(value: u64) -> Result<usize, ServiceFault> {
    if value == 0 {
        return Err(ServiceFault::query_meaning(
            "value 0 is too small. Min allowed value is 1",
        ));
    }
    Ok(usize::try_from(value).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Members;
    use crate::seed::Seed;

    fn run(text: &str) -> Result<Value, ServiceFault> {
        let company = Company::open(&Seed::sample().companies[0], Timestamp::UNIX_EPOCH);
        answer(&company, text, &Settings::default())
            .map(|text| serde_json::from_str(&text).unwrap())
    }

    fn ids(text: &str) -> Vec<String> {
        values(text, "Id")
    }

    fn values(text: &str, member: &str) -> Vec<String> {
        let response = run(text).unwrap();
        let rows = response.as_object().and_then(|rows| rows.values().next());
        let rows = rows.and_then(Value::as_array).cloned().unwrap_or_default();
        rows.iter()
            .map(|row| row[member].as_str().unwrap().to_owned())
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
    fn a_mail_address_is_its_text() {
        let text =
            "select DisplayName, PrimaryEmailAddr from Vendor where PrimaryEmailAddr like '%@%'";
        let found = run(text).unwrap()["Vendor"].as_array().unwrap().clone();
        assert!(!found.is_empty());
        let address = found[0]["PrimaryEmailAddr"]["Address"].as_str().unwrap();
        let text = format!("select * from Vendor where PrimaryEmailAddr = '{address}'");
        assert_eq!(values(&text, "DisplayName")[0], found[0]["DisplayName"]);
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
    fn lists_are_in_the_order_of_their_names() {
        assert_eq!(
            values("select * from PaymentMethod maxresults 3", "Name"),
            ["American Express", "Bank transfer", "Cash"]
        );
        for kind in ["Account", "Item", "Department", "Class"] {
            let names = values(&format!("select * from {kind}"), "FullyQualifiedName");
            let lower = names.iter().map(|name| name.to_lowercase());
            assert!(names.len() > 1 && lower.is_sorted(), "{kind}: {names:?}");
        }
        let codes = |more: &str| values(&format!("select * from TaxCode{more}"), "Name");
        let words = ["TAX", "NON", "CustomSalesTax"];
        assert_eq!(codes(" maxresults 1")[..3], words);
        assert_eq!(codes(" maxresults 1")[3..], ["0% exempt"]);
        assert_eq!(codes(" startposition 2 maxresults 1"), ["Bayshore"]);
    }

    #[test]
    fn the_latest_change_comes_first_in_what_is_no_list() {
        let time = |row: &Value| {
            row["MetaData"]["LastUpdatedTime"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let seed = Seed::generated(200, 1);
        let mut company = Company::open(&seed.companies[0], Timestamp::UNIX_EPOCH);
        company.grow();
        for text in [
            "select * from Invoice",
            "select * from Bill where TotalAmt > '100' maxresults 5",
            "select Id, MetaData.LastUpdatedTime from Invoice where Id in ('3', '4', '6', '10')",
        ] {
            let response = answer(&company, text, &Settings::default()).unwrap();
            let response: Members = serde_json::from_str(&response).unwrap();
            let rows = response.values().next().and_then(Value::as_array).unwrap();
            let times: Vec<_> = rows
                .iter()
                .map(|row| crate::time::moment(&time(row)))
                .collect();
            let is_falling = times.is_sorted_by(|one, two| one >= two);
            assert!(times.len() > 3 && is_falling, "{text}: {times:?}");
        }
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
    fn the_order_of_creation_is_that_of_sorting() {
        let by_time = |more: &str| {
            ids(&format!(
                "select * from Employee where Active in (true, false){more}"
            ))
        };
        let sorted = by_time(" orderby MetaData.CreateTime, MetaData.CreateTime");
        assert_eq!(by_time(" orderby MetaData.CreateTime"), sorted);
        let at = "2015-07-24T09:41:02-07:00";
        let later = |operator: &str, order: &str| {
            by_time(&format!(
                " and MetaData.CreateTime {operator} '{at}' orderby {order}"
            ))
        };
        for operator in [">", ">=", "<", "<=", "="] {
            let all = later(operator, "MetaData.CreateTime, MetaData.CreateTime");
            assert_eq!(
                later(operator, "MetaData.CreateTime asc"),
                all,
                "{operator}"
            );
        }
        assert_eq!(later(">=", "MetaData.CreateTime")[0], "59");
        let asked =
            "select * from Employee where Id in ('60', '59') orderby MetaData.CreateTime desc";
        assert_eq!(ids(asked), ["60", "59"]);
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
    fn ids_of_tax_codes_may_be_words() {
        let count = |condition: &str| {
            let text = format!("select count(*) from TaxCode where {condition}");
            run(&text).unwrap()["totalCount"].clone()
        };
        assert_eq!(count("Id = 'TAX'"), 1);
        assert_eq!(count("Id IN ('tax', 'NON', '2')"), 3);
        assert_eq!(count("Id = 'none'"), 0);
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
