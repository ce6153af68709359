//! XML, the other language of the accounting API: answers put into it, bodies understood from it.
//!
//! Everything inside speaks JSON; this module translates at the rim. JSON to XML needs no table, since the few members
//! that are attributes in XML are known by their names. XML to JSON does: the table says what is a number and what is
//! a list (`read`). Shapes are those of recordings of clients that speak XML.

mod read;
mod tree;

use hyper::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use serde_json::{Map, Value};

use crate::answer::{self, Answer};
use crate::call::Call;
use crate::json;
use crate::settings::DataFormat;

pub(crate) use read::{batch, entity};

const SERVICE_XML: HeaderValue = HeaderValue::from_static("application/xml;charset=utf-8");
const NAMESPACE: &str = "http://schema.intuit.com/finance/v3";

/// Members that are attributes in XML, wherever they stand.
const ATTRIBUTES: [&str; 4] = ["domain", "sparse", "status", "bId"];

/// Whether a body is XML: no JSON begins with an angle bracket, and no XML with anything else.
pub(crate) fn is_xml(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.trim_ascii_start().first() == Some(&b'<')
}

/// The answer in the language that the client understands. Only the services' JSON is put into XML; the files, pages
/// and faults that have a form of their own stay as they are.
pub(crate) fn suited(mut answer: Answer, call: &Call, otherwise: DataFormat) -> Answer {
    if wanted(call, otherwise) == DataFormat::Json || !is_json(&answer) {
        return answer;
    }
    let Some(text) = document(answer.body()) else {
        return answer;
    };
    let content_type = if answer.status().is_success() {
        SERVICE_XML
    } else {
        answer::XML
    };
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.remove(CONTENT_LENGTH);
    *answer.body_mut() = text.into();
    answer
}

/// What the client asks for by `Accept`; one that doesn't say is answered as it writes.
fn wanted(call: &Call, otherwise: DataFormat) -> DataFormat {
    let accept = call.header(ACCEPT).unwrap_or_default();
    let mut best: Option<(f32, DataFormat)> = None;
    for range in accept.split(',') {
        let (media, quality) = range.split_once(";q=").unwrap_or((range, "1"));
        let media = media.split(';').next().unwrap_or_default().trim();
        let format = match media.to_ascii_lowercase().as_str() {
            "application/json" | "text/json" => DataFormat::Json,
            "application/xml" | "text/xml" => DataFormat::Xml,
            _ => continue,
        };
        let quality = quality.trim().parse().unwrap_or(1.0);
        if best.is_none_or(|(so_far, _)| quality > so_far) {
            best = Some((quality, format));
        }
    }
    match best {
        Some((_, format)) => format,
        None if is_xml(&call.body) => DataFormat::Xml,
        None => otherwise,
    }
}

fn is_json(answer: &Answer) -> bool {
    let content_type = answer.headers().get(CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

/// An answer's JSON as an XML document; none if it is no answer of the accounting service.
fn document(body: &[u8]) -> Option<String> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return None;
    };
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n".to_owned();
    if members.contains_key("Header") && members.contains_key("Columns") {
        open(&mut text, "Report", &[("xmlns", NAMESPACE)]);
        children(&mut text, &members);
        close(&mut text, "Report");
        return Some(text);
    }
    let fault = members.get("fault").map(from_gateway);
    if fault.is_none() && !members.contains_key("time") && !members.contains_key("Fault") {
        return None;
    }
    match members.get("time").and_then(Value::as_str) {
        Some(time) => open(
            &mut text,
            "IntuitResponse",
            &[("xmlns", NAMESPACE), ("time", time)],
        ),
        None => open(&mut text, "IntuitResponse", &[("xmlns", NAMESPACE)]),
    }
    match fault {
        Some(fault) => element(&mut text, "Fault", &fault),
        None => {
            for (name, value) in members.iter().filter(|(name, _)| *name != "time") {
                element(&mut text, name, value);
            }
        }
    }
    close(&mut text, "IntuitResponse");
    Some(text)
}

/// The gateway's fault under the names that the accounting service uses, which are those of the recorded XML.
fn from_gateway(fault: &Value) -> Value {
    let errors = fault["error"].as_array().into_iter().flatten();
    let errors = errors.map(|error| {
        let named = [
            ("message", "Message"),
            ("detail", "Detail"),
            ("code", "code"),
        ];
        let named = named.map(|(from, to)| (to.to_owned(), error[from].clone()));
        Value::Object(Map::from_iter(named))
    });
    let fault = [
        ("type".to_owned(), fault["type"].clone()),
        ("Error".to_owned(), Value::Array(errors.collect())),
    ];
    Value::Object(Map::from_iter(fault))
}

fn element(text: &mut String, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Array(values) => values.iter().for_each(|value| element(text, name, value)),
        Value::Object(members) => group(text, name, members),
        scalar => {
            open(text, name, &[]);
            escape(text, &written(scalar));
            close(text, name);
        }
    }
}

fn group(text: &mut String, name: &str, members: &Map<String, Value>) {
    let attributes: Vec<(&str, String)> = members
        .iter()
        .filter(|(member, value)| is_attribute(name, member, members) && !value.is_null())
        .map(|(member, value)| (member.as_str(), written(value)))
        .collect();
    let borrowed: Vec<(&str, &str)> = attributes
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    open(text, name, &borrowed);
    match members.get("value") {
        Some(value) if name != "ColData" => escape(text, &written(value)),
        _ => {
            // What stands before `domain` in JSON are the members of the entity's own class, and come last in XML.
            let turn = members.keys().position(|member| member == "domain");
            let (own, common): (Vec<_>, Vec<_>) = members
                .iter()
                .filter(|(member, _)| !is_attribute(name, member, members))
                .enumerate()
                .partition(|(place, _)| turn.is_some_and(|turn| *place < turn));
            for (_, (member, value)) in common.into_iter().chain(own) {
                element(text, member, value);
            }
        }
    }
    close(text, name);
}

fn children(text: &mut String, members: &Map<String, Value>) {
    for (name, value) in members {
        element(text, name, value);
    }
}

/// Whether a member of the group `within` is an attribute in XML.
fn is_attribute(within: &str, member: &str, members: &Map<String, Value>) -> bool {
    match within {
        "ColData" => true,
        "QueryResponse" => matches!(member, "startPosition" | "maxResults" | "totalCount"),
        "Fault" => member == "type",
        "Error" => matches!(member, "code" | "element"),
        "Row" => matches!(member, "type" | "group"),
        // A reference, or a memo: its value is its text.
        _ if members.contains_key("value") => matches!(member, "name" | "type" | "id"),
        _ => ATTRIBUTES.contains(&member),
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => json::text(other),
    }
}

fn open(text: &mut String, name: &str, attributes: &[(&str, &str)]) {
    text.push('<');
    text.push_str(name);
    for (name, value) in attributes {
        text.push(' ');
        text.push_str(name);
        text.push_str("=\"");
        escape(text, value);
        text.push('"');
    }
    text.push('>');
}

fn close(text: &mut String, name: &str) {
    text.push_str("</");
    text.push_str(name);
    text.push('>');
}

/// Characters that XML cannot hold at all are left out.
fn escape(text: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\r' => text.push_str("&#13;"),
            '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => {
                text.push(character);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(body: &str) -> String {
        let document = document(body.as_bytes()).unwrap();
        let (_, rest) = document.split_once("?>\n").unwrap();
        rest.to_owned()
    }

    #[test]
    fn an_entity_has_attributes_references_and_lists() {
        let body = r#"{"Invoice":{"Deposit":0,"domain":"QBO","sparse":false,"Id":"1","MetaData":{"CreateTime":"t"},"Line":[{"Amount":50.00},{"SubTotalLineDetail":{}}],"CustomerRef":{"value":"2","name":"A & B"},"CustomerMemo":{"value":"Hi"}},"time":"T"}"#;
        assert_eq!(
            inside(body),
            "<IntuitResponse xmlns=\"http://schema.intuit.com/finance/v3\" time=\"T\"><Invoice domain=\"QBO\" \
             sparse=\"false\"><Id>1</Id><MetaData><CreateTime>t</CreateTime></MetaData><Line><Amount>50.00</Amount>\
             </Line><Line><SubTotalLineDetail></SubTotalLineDetail></Line><CustomerRef name=\"A &amp; B\">2\
             </CustomerRef><CustomerMemo>Hi</CustomerMemo><Deposit>0</Deposit></Invoice></IntuitResponse>"
        );
    }

    #[test]
    fn responses_and_faults_have_attributes_of_their_own() {
        let query = r#"{"QueryResponse":{"Class":[{"domain":"QBO","Id":"1"}],"startPosition":1,"maxResults":1},"time":"T"}"#;
        assert!(inside(query).contains(
            "<QueryResponse startPosition=\"1\" maxResults=\"1\"><Class domain=\"QBO\"><Id>1</Id></Class>"
        ));
        let batch = r#"{"BatchItemResponse":[{"Fault":{"Error":[{"Message":"m","code":"610","element":""}],"type":"ValidationFault"},"bId":"b"}],"time":"T"}"#;
        assert!(inside(batch).contains(
            "<BatchItemResponse bId=\"b\"><Fault type=\"ValidationFault\"><Error code=\"610\" element=\"\">\
             <Message>m</Message></Error></Fault></BatchItemResponse>"
        ));
        let gateway = r#"{"warnings":null,"fault":{"error":[{"message":"m","detail":null,"code":"3200","element":null}],"type":"AUTHENTICATION"},"time":7}"#;
        assert_eq!(
            inside(gateway),
            "<IntuitResponse xmlns=\"http://schema.intuit.com/finance/v3\"><Fault type=\"AUTHENTICATION\">\
             <Error code=\"3200\"><Message>m</Message></Error></Fault></IntuitResponse>"
        );
    }

    #[test]
    fn a_report_stands_in_no_envelope() {
        let body = r#"{"Header":{"ReportName":"X"},"Columns":{"Column":[{"ColTitle":""}]},"Rows":{"Row":[{"ColData":[{"value":"a","id":"1"}],"type":"Data"}]}}"#;
        assert_eq!(
            inside(body),
            "<Report xmlns=\"http://schema.intuit.com/finance/v3\"><Header><ReportName>X</ReportName></Header>\
             <Columns><Column><ColTitle></ColTitle></Column></Columns><Rows><Row type=\"Data\">\
             <ColData value=\"a\" id=\"1\"></ColData></Row></Rows></Report>"
        );
    }

    #[test]
    fn what_is_no_answer_of_the_service_stays_as_it_is() {
        assert_eq!(document(br#"{"TaxCode":"x"}"#), None);
        assert_eq!(document(b"[]"), None);
        assert!(is_xml(b"\xef\xbb\xbf\n <Invoice/>"));
        assert!(!is_xml(b"{}") && !is_xml(b""));
    }
}
