//! Entities that come in XML whatever is asked for, as the JSON that they would be.
//!
//! XML does not say which member is a list and which a number: the schema does. Members that it does not know become
//! text, or objects of text, so that nothing is lost. Faults are read elsewhere, since they are looked for in pages
//! of any sort.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::json::without_mark;
use crate::schema::{self, Field};
use crate::{EntityKind, Json};

/// The entity of this kind that the document is; `None` if it is none.
pub(crate) fn entity(kind: EntityKind, body: &[u8]) -> Option<Json> {
    let text = std::str::from_utf8(without_mark(body)).ok()?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut open: Vec<Element> = Vec::new();
    loop {
        let closed = match reader.read_event().ok()? {
            Event::Eof => return None,
            Event::Start(start) => {
                open.push(Element::new(kind, &start, open.last()));
                None
            }
            Event::Empty(start) => Some(Element::new(kind, &start, open.last())),
            Event::End(_) => open.pop(),
            event => {
                if let (Some(element), Some(text)) = (open.last_mut(), content(&event)) {
                    element.text.push_str(&text);
                }
                None
            }
        };
        match (closed, open.last_mut()) {
            (Some(element), Some(parent)) => parent.take(&element),
            (Some(root), None) => {
                return (root.name == kind.member()).then(|| Json::of_valid(root.json()));
            }
            (None, _) => {}
        }
    }
}

/// What `event` has for text in it.
pub(crate) fn content(event: &Event<'_>) -> Option<String> {
    match event {
        Event::Text(text) => Some(text.xml10_content().into_owned()),
        Event::CData(text) => Some(text.xml10_content().into_owned()),
        Event::GeneralRef(reference) => Some(resolve(reference)),
        _ => None,
    }
}

/// The value of an attribute, decoded.
pub(crate) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok()??;
    let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
    Some(value.into_owned())
}

/// The text of `&amp;` or `&#233;`; an entity that we don't know stays as it is written.
fn resolve(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    let name = reference.xml10_content();
    match quick_xml::escape::resolve_xml_entity(&name) {
        Some(text) => text.to_owned(),
        None => format!("&{name};"),
    }
}

/// An element that is not closed yet.
struct Element {
    name: String,
    /// How its parent describes it.
    field: Option<&'static Field>,
    /// What is known of its own members.
    fields: &'static [Field],
    members: Vec<Member>,
    text: String,
}

/// A member with all that came under its name, as JSON.
struct Member {
    name: String,
    is_list: bool,
    values: Vec<String>,
}

impl Element {
    fn new(kind: EntityKind, start: &BytesStart<'_>, parent: Option<&Self>) -> Self {
        let name = start.local_name().as_ref().to_owned();
        let field = parent.and_then(|parent| parent.fields.iter().find(|it| it.name == name));
        let fields = match (parent, field) {
            (None, _) => schema::get().entity(kind).map(|it| &*it.fields),
            (_, Some(field)) => schema::get().types.get(&field.kind).map(|it| &*it.fields),
            _ => None,
        };
        let mut element = Self {
            name,
            field,
            fields: fields.unwrap_or_default(),
            members: Vec::new(),
            text: String::new(),
        };
        for attribute in start.attributes().flatten() {
            let name = attribute.key.as_ref();
            let is_namespace = name.starts_with("xmlns") || name.contains(':');
            if let (false, Some(value)) = (is_namespace, self::attribute(start, name)) {
                element.push(name.to_owned(), false, literal(&value));
            }
        }
        element
    }

    fn take(&mut self, child: &Self) {
        let is_list = child.field.is_some_and(|field| field.array);
        self.push(child.name.clone(), is_list, child.json());
    }

    fn push(&mut self, name: String, is_list: bool, value: String) {
        match self.members.iter_mut().find(|member| member.name == name) {
            Some(member) => member.values.push(value),
            None => self.members.push(Member {
                name,
                is_list,
                values: vec![value],
            }),
        }
    }

    fn json(&self) -> String {
        if self.fields.is_empty() && self.members.is_empty() {
            return self.scalar();
        }
        let members = self.members.iter().map(Member::json);
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }

    /// As the schema has it, unless it is something else.
    fn scalar(&self) -> String {
        let text = self.text.trim();
        let is_bare = match self.field.map(|field| &*field.kind) {
            Some("boolean") => matches!(text, "true" | "false"),
            Some("integer" | "decimal") => serde_json::from_str::<serde_json::Number>(text).is_ok(),
            _ => false,
        };
        if is_bare {
            return text.to_owned();
        }
        literal(&self.text)
    }
}

impl Member {
    fn json(&self) -> String {
        let name = literal(&self.name);
        match self.values.as_slice() {
            [value] if !self.is_list => format!("{name}:{value}"),
            values => format!("{name}:[{}]", values.join(",")),
        }
    }
}

fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(inside: &str) -> Option<String> {
        let whole = format!(
            r#"<?xml version="1.0"?><q:EntitlementsResponse xmlns:q="x">{inside}</q:EntitlementsResponse>"#
        );
        let found = entity(EntityKind::Entitlements, whole.as_bytes());
        found.map(|json| json.as_text().to_owned())
    }

    #[test]
    fn members_have_the_types_and_lists_of_the_schema() {
        let found = read(
            r#"<QboCompany>true</QboCompany><PlanName>A &amp; B</PlanName><MaxUsers>5</MaxUsers>
               <Entitlement id="1"><name>Bills</name><term>On</term></Entitlement>
               <Thresholds><Threshold><name>Users</name><limit>25</limit></Threshold></Thresholds>"#,
        );
        assert_eq!(
            found.unwrap(),
            r#"{"QboCompany":true,"PlanName":"A & B","MaxUsers":5,"Entitlement":[{"id":"1","name":"Bills","term":"On"}],"Thresholds":[{"Threshold":[{"name":"Users","limit":"25"}]}]}"#
        );
    }

    #[test]
    fn what_nobody_described_is_kept() {
        let found = read(
            "<MaxUsers>many</MaxUsers><New>1</New><New>2</New><Odd a=\"b\"><c/></Odd><Entitlement/>",
        );
        assert_eq!(
            found.unwrap(),
            r#"{"MaxUsers":"many","New":["1","2"],"Odd":{"a":"b","c":""},"Entitlement":[{}]}"#
        );
    }

    #[test]
    fn other_documents_are_no_entity() {
        for text in [
            "",
            "{}",
            "<EntitlementsResponse>",
            "<html><body/></html>",
            "<a></b>",
        ] {
            assert!(entity(EntityKind::Entitlements, text.as_bytes()).is_none());
        }
    }
}
