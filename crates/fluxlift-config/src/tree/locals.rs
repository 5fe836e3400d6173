//! Locals: each is evaluated once, when it is first asked for.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use fluxlift_core::Value;
use hcl_edit::Span;
use hcl_edit::expr::{Traversal, TraversalOperator};
use hcl_edit::structure::{Attribute, Body};
use hcl_edit::visit::{Visit, visit_traversal};

use super::opened::Given;
use crate::error::{Fault, Outcome};
use crate::eval::{Evaluator, Member, Names};
use crate::functions::Context;
use crate::syntax::SourceText;

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
    let order = order(source, &attributes)?;
    let locals = Locals { context, source, attributes, given, known: RefCell::default(), chain: RefCell::default() };
    for name in order {
        locals.find(name)?;
    }
    Ok(Value::Map(locals.known.into_inner()))
}

/// The locals, each after those that its expression names, so that long chains need no deep stack.
fn order<'a>(source: &SourceText, attributes: &BTreeMap<&'a str, &'a Attribute>) -> Outcome<Vec<&'a str>> {
    let mut order: Vec<&str> = Vec::new();
    let mut done = BTreeSet::new();
    for start in attributes.keys().copied() {
        let mut open = vec![(start, references(attributes, start))];
        while let Some((name, rest)) = open.last_mut() {
            let name = *name;
            match rest.pop() {
                None => {
                    if done.insert(name) {
                        order.push(name);
                    }
                    open.pop();
                }
                Some(next) if done.contains(next) => {}
                Some(next) => {
                    if let Some(first) = open.iter().position(|(one, _)| *one == next) {
                        let ring: Vec<&str> = open[first..].iter().map(|(one, _)| *one).chain([next]).collect();
                        return Err(ring_fault(source, attributes, next, &ring));
                    }
                    open.push((next, references(attributes, next)));
                }
            }
        }
    }
    Ok(order)
}

fn references<'a>(attributes: &BTreeMap<&'a str, &'a Attribute>, name: &str) -> Vec<&'a str> {
    let mut found = References { attributes, names: BTreeSet::new() };
    if let Some(attribute) = attributes.get(name) {
        found.visit_expr(&attribute.value);
    }
    found.names.into_iter().rev().collect()
}

/// Collects the locals that an expression names.
struct References<'r, 'a> {
    attributes: &'r BTreeMap<&'a str, &'a Attribute>,
    names: BTreeSet<&'a str>,
}

impl Visit for References<'_, '_> {
    fn visit_traversal(&mut self, node: &Traversal) {
        if let (Some("local"), Some(TraversalOperator::GetAttr(key))) =
            (node.expr.as_variable().map(|v| v.as_str()), node.operators.first().map(|o| o.value()))
            && let Some((name, _)) = self.attributes.get_key_value(key.value().as_str())
        {
            self.names.insert(name);
        }
        visit_traversal(self, node);
    }
}

fn ring_fault(source: &SourceText, attributes: &BTreeMap<&str, &Attribute>, name: &str, ring: &[&str]) -> Fault {
    let message = format!("the local `{name}` depends on itself: {}", ring.join(" → "));
    Fault::at(source, attributes.get(name).and_then(|attribute| attribute.key.span()), message).fatal()
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
        self.enter(name)?;
        let result = Evaluator::new(self.context, self.source, self).eval(&attribute.value);
        self.chain.borrow_mut().pop();
        let value = result?;
        self.known.borrow_mut().insert(name.to_owned(), value.clone());
        Ok(Some(value))
    }

    /// Whole uses of `local` and computed keys are not seen beforehand, so a ring may still show here.
    fn enter(&self, name: &str) -> Outcome<()> {
        let mut chain = self.chain.borrow_mut();
        if let Some(start) = chain.iter().position(|one| one == name) {
            let ring: Vec<&str> = chain[start..].iter().map(String::as_str).chain([name]).collect();
            return Err(ring_fault(self.source, &self.attributes, name, &ring));
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
