//! Locals: each is evaluated once, when it is first asked for.

use std::cell::RefCell;
use std::collections::BTreeMap;

use fluxlift_core::Value;
use hcl_edit::Span;
use hcl_edit::structure::{Attribute, Body};

use super::opened::Given;
use crate::error::{Fault, Outcome};
use crate::eval::{Evaluator, Member, Names};
use crate::functions::Context;
use crate::syntax::SourceText;

/// The most locals that refer to each other in a row.
const LONGEST_CHAIN: usize = 128;

/// Evaluates all `locals` blocks of `body`.
pub(super) fn evaluate(context: &Context<'_>, source: &SourceText, body: &Body, given: &Given) -> Outcome<Value> {
    let mut attributes = BTreeMap::new();
    for block in body.get_blocks("locals") {
        super::block::only_attributes(source, &block.body, "locals")?;
        for attribute in block.body.attributes() {
            let name = attribute.key.value().as_str();
            if attributes.insert(name, attribute).is_some() {
                return Err(Fault::at(source, attribute.key.span(), format!("the local `{name}` is defined twice")));
            }
        }
    }
    let locals = Locals { context, source, attributes, given, known: RefCell::default(), chain: RefCell::default() };
    for name in locals.attributes.keys() {
        locals.find(name)?;
    }
    Ok(Value::Map(locals.known.into_inner()))
}

struct Locals<'a> {
    context: &'a Context<'a>,
    source: &'a SourceText,
    attributes: BTreeMap<&'a str, &'a Attribute>,
    given: &'a Given,
    known: RefCell<BTreeMap<String, Value>>,
    /// The locals that are being evaluated, outermost first.
    chain: RefCell<Vec<String>>,
}

impl Locals<'_> {
    fn find(&self, name: &str) -> Outcome<Option<Value>> {
        if let Some(value) = self.known.borrow().get(name) {
            return Ok(Some(value.clone()));
        }
        let Some(attribute) = self.attributes.get(name) else { return Ok(None) };
        self.enter(name, attribute)?;
        let result = Evaluator::new(self.context, self.source, self).eval(&attribute.value);
        self.chain.borrow_mut().pop();
        let value = result?;
        self.known.borrow_mut().insert(name.to_owned(), value.clone());
        Ok(Some(value))
    }

    fn enter(&self, name: &str, attribute: &Attribute) -> Outcome<()> {
        let mut chain = self.chain.borrow_mut();
        if let Some(start) = chain.iter().position(|one| one == name) {
            let ring: Vec<&str> = chain[start..].iter().map(String::as_str).chain([name]).collect();
            let message = format!("the local `{name}` depends on itself: {}", ring.join(" → "));
            return Err(Fault::at(self.source, attribute.key.span(), message).fatal());
        }
        if chain.len() == LONGEST_CHAIN {
            let message = format!("more than {LONGEST_CHAIN} locals refer to each other in a row");
            return Err(Fault::at(self.source, attribute.key.span(), message).fatal());
        }
        chain.push(name.to_owned());
        Ok(())
    }
}

impl Names for Locals<'_> {
    fn value(&self, name: &str) -> Outcome<Option<Value>> {
        if name != "local" {
            return self.given.value(name);
        }
        for name in self.attributes.keys() {
            self.find(name)?;
        }
        Ok(Some(Value::Map(self.known.borrow().clone())))
    }

    fn member(&self, root: &str, key: &str) -> Outcome<Member> {
        if root != "local" {
            return self.given.member(root, key);
        }
        Ok(match self.find(key)? {
            Some(value) => Member::Value(value),
            None => Member::Missing(self.attributes.keys().map(|name| (*name).to_owned()).collect()),
        })
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.given.names();
        names.push("local".to_owned());
        names
    }
}
