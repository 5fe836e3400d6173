//! Function calls. `try` and `can` see their arguments unevaluated.

use fluxlift_core::Value;
use hcl_edit::expr::FuncCall;

use super::{Evaluator, convert, marks};
use crate::error::{Outcome, did_you_mean};
use crate::functions::{self, CallError, Function, Marks};

pub(super) fn eval(e: &Evaluator<'_>, call: &FuncCall) -> Outcome<Value> {
    let name = call.name.name.value().as_str();
    if call.name.is_namespaced() {
        return Err(e.fault(call, "provider functions are not supported yet, here").fatal());
    }
    match name {
        "try" => return attempt(e, call),
        "can" => return can(e, call),
        _ => {}
    }
    let Some(function) = functions::find(name) else {
        return Err(no_function(e, call, name));
    };
    let arguments = arguments(e, call)?;
    check_arity(e, call, name, function, arguments.len())?;
    run(e, call, name, function, arguments)
}

fn attempt(e: &Evaluator<'_>, call: &FuncCall) -> Outcome<Value> {
    let mut last = e.fault(call, "`try` needs at least one argument");
    for argument in call.args.iter() {
        match e.eval(argument) {
            Err(fault) if !fault.fatal => last = fault,
            other => return other,
        }
    }
    let reason = last.diagnostic.message.clone();
    Err(e.fault(call, "none of the arguments of `try` could be evaluated").label(format!("the last: {reason}")))
}

fn can(e: &Evaluator<'_>, call: &FuncCall) -> Outcome<Value> {
    let (1, Some(argument)) = (call.args.len(), call.args.get(0)) else {
        return Err(e.fault(call, "`can` needs exactly one argument"));
    };
    match e.eval(argument) {
        Ok(value) if value.has_unknown() => Ok(Value::Unknown),
        Ok(_) => Ok(Value::Bool(true)),
        Err(fault) if fault.fatal => Err(fault),
        Err(_) => Ok(Value::Bool(false)),
    }
}

fn arguments(e: &Evaluator<'_>, call: &FuncCall) -> Outcome<Vec<Value>> {
    let mut values = Vec::with_capacity(call.args.len());
    for (i, argument) in call.args.iter().enumerate() {
        let value = e.eval(argument)?;
        if i + 1 < call.args.len() || !call.args.expand_final() {
            values.push(value);
            continue;
        }
        let (value, marked) = marks::lift(value);
        match value {
            Value::List(list) => values.extend(list.into_iter().map(|v| marks::mark_if(v, marked))),
            Value::Unknown => values.push(marks::mark_if(Value::Unknown, marked)),
            other => {
                return Err(e.fault(argument, format!("`...` needs a list, this is {}", convert::kind(&other))));
            }
        }
    }
    Ok(values)
}

fn check_arity(e: &Evaluator<'_>, call: &FuncCall, name: &str, function: &Function, given: usize) -> Outcome<()> {
    let (least, most) = function.arity;
    // An unknown list behind `...` stands for any number of arguments.
    if call.args.expand_final() || (given >= least && given <= most) {
        return Ok(());
    }
    let wanted = match (least, most) {
        (least, usize::MAX) => format!("at least {least}"),
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("{least} to {most}"),
    };
    Err(e.fault(call, format!("`{name}` takes {wanted} arguments, here are {given}")))
}

fn run(e: &Evaluator<'_>, call: &FuncCall, name: &str, function: &Function, given: Vec<Value>) -> Outcome<Value> {
    let mut marked = false;
    let mut values = Vec::with_capacity(given.len());
    for value in given {
        let (value, mark) = match function.marks {
            Marks::Spread => marks::strip(value),
            Marks::Keep => marks::lift(value),
        };
        marked |= mark;
        values.push(value);
    }
    let unknown = match function.marks {
        Marks::Spread => values.iter().any(Value::has_unknown),
        Marks::Keep => values.contains(&Value::Unknown),
    };
    if unknown {
        return Ok(marks::mark_if(Value::Unknown, marked));
    }
    match (function.run)(e, &values) {
        Ok(value) if name == "nonsensitive" => Ok(value),
        Ok(_) if name == "issensitive" => Ok(Value::Bool(marked)),
        Ok(value) => Ok(marks::mark_if(value, marked)),
        Err(error) => Err(fault_of(e, call, name, *error, marked)),
    }
}

fn fault_of(e: &Evaluator<'_>, call: &FuncCall, name: &str, error: CallError, marked: bool) -> crate::error::Fault {
    if let Some(inner) = error.inner {
        return inner;
    }
    let place = error.argument.and_then(|i| call.args.get(i.min(call.args.len().saturating_sub(1))));
    let fault = match place {
        Some(argument) => e.fault(argument, String::new()),
        None => e.fault(call, String::new()),
    };
    let mut fault = fault;
    // Reason and hints could repeat a part of the secret.
    if marked && !error.safe {
        fault.diagnostic.message = format!("`{name}` failed; an argument is sensitive, so the reason is not shown");
    } else {
        fault.diagnostic.message = format!("`{name}`: {}", error.message);
        fault = fault.hints(error.hints);
    }
    fault.fatal = error.fatal;
    fault
}

fn no_function(e: &Evaluator<'_>, call: &FuncCall, name: &str) -> crate::error::Fault {
    if functions::is_known_elsewhere(name) {
        return e
            .fault(call, format!("the function `{name}` is not supported yet, here"))
            .label("Terraform or Terragrunt knows it, fluxlift does not yet")
            .fatal();
    }
    e.fault(call, format!("there is no function `{name}`"))
        .hints(did_you_mean(name, functions::names()).filter(|hint| hint.to_string().starts_with("did")))
        .fatal()
}
