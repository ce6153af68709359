//! The accounting API: `/v3/company/{realm}/…`.
//!
//! The order of checks is that of Intuit's layers: access token, company, limits, then the accounting service.

use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hyper::body::Bytes;
use hyper::{Method, StatusCode};

use crate::answer::{self, Answer};
use crate::book::{Deed, LoggedRequest};
use crate::call::Call;
use crate::company::{Company, Writing, classification};
use crate::fingerprint::Fingerprint;
use crate::grant::Verdict;
use crate::intuit::Intuit;
use crate::json::Members;
use crate::limit::{Caller, Sort};
use crate::lock::{hold, read, write};
use crate::refusal::{Refusal, ServiceFault};
use crate::schema::Kind;
use crate::settings::{Denial, Settings};
use crate::time::envelope_time;
use crate::{batch, cdc, company, compression, document, query, report, xml};

/// The longest request id that Intuit takes, and the longest with a batch.
const REQUEST_ID_LIMIT: usize = 50;
const BATCH_REQUEST_ID_LIMIT: usize = 36;

/// Answers a request to the API.
pub(crate) fn answer(intuit: &Intuit, call: &Call, entry: &mut LoggedRequest) -> Answer {
    let settings = intuit.settings();
    let answer = respond(intuit, call, &settings, entry);
    let answer = answer.unwrap_or_else(|refusal| refusal.answer(call, &settings));
    let answer = xml::suited(answer, call, settings.default_format);
    compression::compressed(answer, call)
}

/// Who calls the API, whether or not they may.
pub(crate) fn caller(intuit: &Intuit, call: &Call) -> Caller {
    let (realm, _) = target(call);
    let grants = hold(&intuit.grants);
    let consent = call.bearer().and_then(|token| grants.consent(token));
    Caller {
        realm: realm.to_owned(),
        client: consent.map_or_else(String::new, |consent| consent.client.clone()),
    }
}

/// Where a company's entitlements are asked for, by its realm id.
pub(crate) const ENTITLEMENTS: &str = "/manage/entitlements/v3/";

/// Says what a company may use; this service speaks XML alone.
pub(crate) fn entitlements(intuit: &Intuit, call: &Call, entry: &mut LoggedRequest) -> Answer {
    let realm = call.path().strip_prefix(ENTITLEMENTS).unwrap_or_default();
    match authenticate(intuit, call, realm, entry) {
        Ok(()) => answer::plain(StatusCode::OK, answer::XML, company::entitlements()),
        Err(refusal) => refusal.answer(call, &intuit.settings()),
    }
}

/// The realm that a path names, and what follows it.
fn target(call: &Call) -> (&str, &str) {
    let rest = call.path().strip_prefix("/v3/company/").unwrap_or_default();
    rest.split_once('/').unwrap_or((rest, ""))
}

fn respond(
    intuit: &Intuit,
    call: &Call,
    settings: &Settings,
    entry: &mut LoggedRequest,
) -> Result<Answer, Refusal> {
    let (realm, rest) = target(call);
    let company = intuit.company(realm);
    if company.is_none() && settings.unknown_realm_is_404 {
        return Err(Refusal::UnknownRealm);
    }
    authenticate(intuit, call, realm, entry)?;
    let company = company.ok_or(Refusal::WrongRealm)?;
    let segments: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    limit(intuit, call, settings, &segments)?;
    if settings.denial == Some(Denial::Lapsed) && is_write(call, &segments) {
        return Err(ServiceFault::lapsed().into());
    }
    let service = Service {
        intuit,
        call,
        realm,
        company,
        settings: *settings,
    };
    if let Some(answer) = document::answer(&service, &segments, entry) {
        return answer.map_err(Refusal::from);
    }
    let body = service.route(&segments, entry)?;
    Ok(answer::service_success(call, body))
}

fn authenticate(
    intuit: &Intuit,
    call: &Call,
    realm: &str,
    entry: &mut LoggedRequest,
) -> Result<(), Refusal> {
    let token = call.bearer().ok_or(Refusal::MalformedToken)?;
    let verdict = hold(&intuit.grants).judge(token, realm, call.now);
    entry.access_token = match verdict {
        Verdict::Live(print)
        | Verdict::WrongRealm(print)
        | Verdict::NoScope(print)
        | Verdict::Expired(print) => Some(print),
        Verdict::Unknown => Some(Fingerprint::of(token)),
    };
    match verdict {
        Verdict::Live(_) => intuit.suits(call, token, realm)?,
        Verdict::Unknown => return Err(Refusal::MalformedToken),
        Verdict::Expired(_) => return Err(Refusal::expired(token)),
        Verdict::NoScope(_) => return Err(Refusal::NotAuthorized),
        Verdict::WrongRealm(_) => return Err(Refusal::WrongRealm),
    }
    match intuit.settings().denial {
        None | Some(Denial::Lapsed) => Ok(()),
        Some(Denial::NotAuthorized) => Err(Refusal::NotAuthorized),
        Some(Denial::WrongCluster) => Err(Refusal::WrongCluster),
        Some(Denial::NoAccess) => Err(Refusal::NoAccess),
    }
}

fn limit(
    intuit: &Intuit,
    call: &Call,
    settings: &Settings,
    segments: &[&str],
) -> Result<(), Refusal> {
    if !settings.limits {
        return Ok(());
    }
    let sort = match segments {
        ["batch"] => Sort::Batch {
            items: if settings.batch_items_count {
                batch::size(&call.body)
            } else {
                1
            },
        },
        ["reports", _] => Sort::Report,
        [_, _, "send"] => Sort::Mail,
        _ => Sort::Plain,
    };
    let caller = caller(intuit, call);
    if call.crowded || !hold(&intuit.limiter).admits(&caller, sort, settings, call.now) {
        return Err(Refusal::Throttled);
    }
    Ok(())
}

fn is_write(call: &Call, segments: &[&str]) -> bool {
    call.method == Method::POST && segments != ["query"]
}

/// The accounting service, asked by someone who may ask it.
pub(crate) struct Service<'a> {
    pub(crate) intuit: &'a Intuit,
    pub(crate) call: &'a Call,
    pub(crate) realm: &'a str,
    pub(crate) company: Arc<RwLock<Company>>,
    settings: Settings,
}

impl Service<'_> {
    fn route(&self, segments: &[&str], entry: &mut LoggedRequest) -> Result<Bytes, ServiceFault> {
        let call = self.call;
        let (body, deed) = match (&call.method, segments) {
            (&Method::GET, ["query"]) => (self.query(call.query("query"))?, Deed::Query),
            (&Method::POST, ["query"]) => {
                let text = String::from_utf8_lossy(&call.body).into_owned();
                (self.query(Some(text))?, Deed::Query)
            }
            (&Method::GET, ["cdc"]) => (self.changes()?, Deed::Query),
            (&Method::POST, ["batch"]) => self.batch()?,
            (&Method::GET, ["reports", name]) => (self.report(name)?, Deed::Read),
            (&Method::GET, ["exchangerate"]) => (self.exchange_rate()?, Deed::Read),
            (&Method::GET, ["taxclassification", rest @ ..]) => {
                (self.tax_classification(rest)?, Deed::Read)
            }
            (&Method::POST, ["taxservice", "taxcode"]) => self.tax_code()?,
            (&Method::GET, ["preferences"]) => {
                (self.read(self.kind("preferences")?, "1")?, Deed::Read)
            }
            (&Method::GET, [path, id]) => (self.read(self.kind(path)?, id)?, Deed::Read),
            (&Method::POST, [path]) => self.write(self.kind(path)?)?,
            _ => return Err(ServiceFault::unsupported_path(call)),
        };
        entry.deed = deed;
        Ok(body)
    }

    pub(crate) fn kind(&self, path: &str) -> Result<&'static Kind, ServiceFault> {
        Kind::by_path(path).ok_or_else(|| ServiceFault::unsupported_path(self.call))
    }

    /// The company's own entity is asked for by the company's realm id.
    fn read(&self, kind: &'static Kind, id: &str) -> Result<Bytes, ServiceFault> {
        let is_company = kind.name == "CompanyInfo" && id == self.realm;
        let mut text = self
            .books(Some(kind))
            .read(kind, if is_company { "1" } else { id })?;
        if kind.name == "Invoice" && self.includes("invoiceLink") {
            let link = format!(
                "https://connect.intuit.example/t/scs-v1-{}-{id}",
                self.realm
            );
            text.insert_str(1, &format!("\"InvoiceLink\":\"{link}\","));
        }
        Ok(self.enveloped(kind.root, &text))
    }

    fn query(&self, text: Option<String>) -> Result<Bytes, ServiceFault> {
        let text = text.ok_or_else(|| ServiceFault::missing("query"))?;
        let books = self.books(query::kind(&text, &self.settings));
        let response = query::answer(&books, &text, &self.settings)?;
        Ok(self.enveloped("QueryResponse", &response))
    }

    fn changes(&self) -> Result<Bytes, ServiceFault> {
        let parameter = |name: &str| {
            self.call
                .query(name)
                .ok_or_else(|| ServiceFault::missing(name))
        };
        let (entities, since) = (parameter("entities")?, parameter("changedSince")?);
        let wanted = cdc::Wanted {
            entities: &entities,
            changed_since: &since,
        };
        let books = self.books(None);
        let response = cdc::answer(&books, &wanted, self.call.now, &self.settings)?;
        Ok(self.enveloped("CDCResponse", &response))
    }

    fn exchange_rate(&self) -> Result<Bytes, ServiceFault> {
        let currency = self.call.query("sourcecurrencycode");
        let currency = currency.ok_or_else(|| ServiceFault::missing("sourcecurrencycode"))?;
        let day = self.call.query("asofdate");
        let books = self.books(Some(Kind::named("Preferences")));
        let rate = books.exchange_rate(&currency, day.as_deref(), self.call.now)?;
        Ok(self.enveloped("ExchangeRate", &rate))
    }

    fn tax_classification(&self, rest: &[&str]) -> Result<Bytes, ServiceFault> {
        let text = match rest {
            [] => {
                let (level, parent) = (self.call.query("level"), self.call.query("parentId"));
                classification::listed(level.as_deref(), parent.as_deref())
            }
            [id] => classification::read(id)?,
            _ => return Err(ServiceFault::unsupported_path(self.call)),
        };
        Ok(self.enveloped("TaxClassification", &text))
    }

    /// The tax service's answer stands in no envelope either.
    fn tax_code(&self) -> Result<(Bytes, Deed), ServiceFault> {
        let sent = parse(&self.call.body)?;
        self.once(None, REQUEST_ID_LIMIT, |company, writing| {
            company.make_tax_code(&sent, writing).map(Bytes::from)
        })
    }

    /// A report stands in no envelope.
    fn report(&self, name: &str) -> Result<Bytes, ServiceFault> {
        let parameter = |name: &str| self.call.query(name);
        let most_cells = self
            .settings
            .report_cells
            .map_or(usize::MAX, |cells| cells as usize);
        let (books, now) = (self.books(None), self.call.now);
        report::answer(&books, name, &parameter, now, most_cells).map(Bytes::from)
    }

    fn batch(&self) -> Result<(Bytes, Deed), ServiceFault> {
        let sent = batch::parsed(&self.call.body)?;
        if self.call.query("requestid").is_some() && !batch::has_short_ids(&sent) {
            return Err(ServiceFault::batch_id_too_long(batch::LONGEST_ID));
        }
        self.once(None, BATCH_REQUEST_ID_LIMIT, |company, writing| {
            let response = batch::answer(company, &sent, writing, &self.settings)?;
            Ok(self.enveloped("BatchItemResponse", &response))
        })
    }

    /// Creates, changes, voids or deletes.
    fn write(&self, kind: &'static Kind) -> Result<(Bytes, Deed), ServiceFault> {
        let operation = self.call.query("operation");
        let operation = operation.as_deref().unwrap_or("update");
        let sent = entity(kind, &self.call.body)?;
        self.once(Some(kind), REQUEST_ID_LIMIT, |company, writing| {
            let text = match operation {
                "delete" => company.delete(kind, &sent, writing)?,
                // The others are voided by an update that includes it.
                "void" if kind.name == "Invoice" => company.void(kind, &sent, writing)?,
                "update" | "create" if self.includes("void") => {
                    company.void(kind, &sent, writing)?
                }
                "update" | "create" => company.write(kind, &sent, writing)?,
                other => return Err(ServiceFault::unsupported_operation(other)),
            };
            Ok(self.enveloped(kind.root, &text))
        })
    }

    /// Writes; a request id that was answered before gets the same answer and changes nothing.
    fn once(
        &self,
        kind: Option<&Kind>,
        longest: usize,
        write_to: impl FnOnce(&mut Company, &Writing) -> Result<Bytes, ServiceFault>,
    ) -> Result<(Bytes, Deed), ServiceFault> {
        let request_id = self.call.query("requestid");
        if request_id.as_ref().is_some_and(|id| id.len() > longest) {
            return Err(ServiceFault::request_id_too_long(longest));
        }
        let writing = Writing {
            now: self.call.now,
            allows_duplicate_numbers: self.includes("allowduplicatedocnum"),
        };
        let mut company = self.books_to_change(kind);
        let life = self.settings.request_id_life;
        let reply = |id: &String| company.reply(id, self.call.now, life);
        if let Some(reply) = request_id.as_ref().and_then(reply) {
            return Ok((reply, Deed::Other));
        }
        let body = write_to(&mut company, &writing)?;
        if let Some(request_id) = request_id {
            company.remember_reply(request_id, body.clone(), self.call.now);
        }
        self.publish(&mut company);
        Ok((body, Deed::Write))
    }

    /// The company, with all that concerns this kind of entity, or any if none is given.
    pub(crate) fn books(&self, kind: Option<&Kind>) -> RwLockReadGuard<'_, Company> {
        let books = read(&self.company);
        if !books.is_to_grow(kind) {
            return books;
        }
        drop(books);
        write(&self.company).grow();
        read(&self.company)
    }

    /// The same, to change it.
    pub(crate) fn books_to_change(&self, kind: Option<&Kind>) -> RwLockWriteGuard<'_, Company> {
        let mut books = write(&self.company);
        if books.is_to_grow(kind) {
            books.grow();
        }
        books
    }

    /// Tells webhooks what has changed.
    pub(crate) fn publish(&self, company: &mut Company) {
        let changes = company.take_changes();
        self.intuit.publish(self.realm, &changes);
    }

    /// Whether the `include` parameter names this.
    fn includes(&self, name: &str) -> bool {
        let include = self.call.query("include").unwrap_or_default();
        include
            .split(',')
            .any(|included| included.trim().eq_ignore_ascii_case(name))
    }

    /// `{"name":content,"time":"…"}`
    pub(crate) fn enveloped(&self, name: &str, content: &str) -> Bytes {
        let time = envelope_time(self.call.now);
        let mut body = String::with_capacity(content.len() + name.len() + time.len() + 16);
        for part in ["{\"", name, "\":", content, ",\"time\":\"", &time, "\"}"] {
            body.push_str(part);
        }
        body.into()
    }
}

/// An entity's members, in either language.
pub(crate) fn entity(kind: &Kind, body: &[u8]) -> Result<Members, ServiceFault> {
    if xml::is_xml(body) {
        return xml::entity(kind, body);
    }
    parse(body)
}

pub(crate) fn parse(body: &[u8]) -> Result<Members, ServiceFault> {
    serde_json::from_slice(body)
        .map_err(|_| ServiceFault::invalid_property("failed to parse json object; a property"))
}
