//! The XML envelope: `<Fault type="…"><Error code="…"><Message>…</Message></Error></Fault>`
//! somewhere in a document.
//!
//! It reads events and keeps no tree, so neither depth nor damage matters: what was read before
//! the damage counts. HTML pages are walked through and found to hold no fault.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Fault, FaultError};
use crate::xml::{attribute, content};

/// The fault in `text`, if there is one.
pub(super) fn parse(text: &str) -> Option<Fault> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut found = Found::default();
    loop {
        match reader.read_event() {
            Ok(Event::Eof) | Err(_) => break,
            Ok(event) => found.take(&event),
        }
    }
    found.finish()
}

/// What has been read so far.
#[derive(Default)]
struct Found {
    fault: Option<Fault>,
    error: Option<Error>,
    text: Option<Text>,
}

/// An error that is not closed yet.
#[derive(Default)]
struct Error {
    code: Option<String>,
    element: Option<String>,
    message: String,
    detail: String,
}

/// Which text is being read.
#[derive(Clone, Copy)]
enum Text {
    Message,
    Detail,
}

impl Found {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(start) => self.open(start),
            Event::Empty(start) => {
                self.open(start);
                self.close(start.local_name().as_ref());
            }
            Event::End(end) => self.close(end.local_name().as_ref()),
            other => {
                if let Some(text) = content(other) {
                    self.write(&text);
                }
            }
        }
    }

    fn open(&mut self, start: &BytesStart<'_>) {
        match start.local_name().as_ref() {
            "Fault" => {
                self.fault = Some(Fault {
                    kind: attribute(start, "type").unwrap_or_default(),
                    errors: Vec::new(),
                });
            }
            "Error" if self.fault.is_some() => {
                self.error = Some(Error {
                    code: attribute(start, "code"),
                    element: attribute(start, "element"),
                    ..Error::default()
                });
            }
            "Message" => self.text = Some(Text::Message),
            "Detail" => self.text = Some(Text::Detail),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "Error" => self.keep_error(),
            "Message" | "Detail" => self.text = None,
            _ => {}
        }
    }

    fn write(&mut self, text: &str) {
        let (Some(error), Some(which)) = (&mut self.error, self.text) else {
            return;
        };
        match which {
            Text::Message => error.message.push_str(text),
            Text::Detail => error.detail.push_str(text),
        }
    }

    fn keep_error(&mut self) {
        if let (Some(fault), Some(error)) = (&mut self.fault, self.error.take()) {
            fault.errors.push(FaultError::new(
                error.message,
                error.detail,
                error.code.as_deref(),
                error.element,
            ));
        }
    }

    fn finish(mut self) -> Option<Fault> {
        self.keep_error();
        self.fault
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_response(inside: &str) -> Option<Fault> {
        parse(&format!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<IntuitResponse xmlns="http://schema.intuit.com/finance/v3" time="2017-01-01T00:00:00.000-08:00">{inside}</IntuitResponse>"#
        ))
    }

    #[test]
    fn the_recorded_forms_are_read() {
        let fault = in_response(
            r#"<Fault type="AUTHENTICATION"><Error code="3200"><Message>message=ApplicationAuthenticationFailed; errorCode=003200; statusCode=401</Message></Error></Fault>"#,
        )
        .unwrap();
        assert_eq!(fault.kind, "AUTHENTICATION");
        assert_eq!(fault.errors[0].code, Some(3200));
        assert_eq!(fault.errors[0].detail, "");
        let fault = in_response(
            r#"<Fault type="AuthorizatonFault"><Error code="120" element="x&quot;"><Message>Authorization Failure</Message>
               <Detail>AuthorizationFailure: --11014-You don&apos;t &lt;have&gt; access &#38; so &unknown; on<![CDATA[ <b>]]></Detail></Error></Fault>"#,
        )
        .unwrap();
        assert_eq!(fault.errors.len(), 1);
        assert_eq!(fault.errors[0].element.as_deref(), Some("x\""));
        assert_eq!(
            fault.errors[0].detail,
            "AuthorizationFailure: --11014-You don't <have> access & so &unknown; on <b>"
        );
    }

    #[test]
    fn prefixes_several_errors_and_cut_ends_are_read() {
        let fault = in_response(
            r#"<q:Fault xmlns:q="x"><q:Error code="610"><q:Message>a</q:Message></q:Error><q:Error code="2500"/></q:Fault>"#,
        )
        .unwrap();
        let codes: Vec<u32> = fault.codes().collect();
        assert_eq!(codes, [610, 2500]);
        let cut = parse(
            r#"<IntuitResponse><Fault type="SERVICE"><Error code="3001"><Message>message=Throt"#,
        )
        .unwrap();
        assert!(cut.has(3001));
        assert_eq!(cut.errors[0].message, "message=Throt");
    }

    #[test]
    fn other_documents_hold_no_fault() {
        for text in [
            "<html><body><h1>Service Unavailable</h1><br></body></html>",
            "<IntuitResponse><Employee><Message>Fault</Message></Employee></IntuitResponse>",
            "<Error code=\"1\"/>",
            "<Fau",
            "",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
