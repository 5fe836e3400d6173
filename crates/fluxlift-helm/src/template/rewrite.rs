//! The pass over a parse tree that makes it a Helm template.
//!
//! - A function that does not exist is an error now, with its line, not when its action happens to run.
//! - `.a.b` becomes a call of [`FIELD`], which fails on a missing parent as Go does.
//! - `.x.Method "argument"` becomes a call of [`METHOD`].
//! - What an action prints goes through [`PRINT`], because doubles look different in Go.
//! - In front of every action goes one that prints nothing and notes where it stands ([`MARK`]).
//!
//! The functions behind these are named so that no template can spell them.

use gotmpl::parse::{
    ActionNode, BranchNode, CommandNode, Expr, ListNode, Node, Number, PipeNode, Pos, SmolStr, TemplateNode,
};

use super::{Place, TemplateError};

/// Looks up fields: `(base, "a", "b")`.
pub(super) const FIELD: &str = "@field";
/// Calls a method: `(function, arguments…)`.
pub(super) const METHOD: &str = "@method";
/// Makes a value printable as Go prints it.
pub(super) const PRINT: &str = "@print";
/// Notes a place: `(template, line, column)`.
pub(super) const MARK: &str = "@mark";

/// What the pass needs to know: the template, its text and which functions there are.
pub(super) struct Rewrite<'a> {
    /// The template's name.
    pub(super) template: &'a str,
    /// Its text, for columns.
    pub(super) source: &'a str,
    /// `Err(why)` for a function that is not there.
    pub(super) known: &'a dyn Fn(&str) -> std::result::Result<(), &'static str>,
}

type Result<T> = std::result::Result<T, TemplateError>;

impl Rewrite<'_> {
    /// The tree, rewritten.
    pub(super) fn tree(&self, list: &ListNode) -> Result<ListNode> {
        let mut nodes = Vec::with_capacity(list.nodes.len() * 2);
        for node in &list.nodes {
            if let Some(pos) = position(node) {
                nodes.push(self.mark(pos));
            }
            nodes.push(self.node(node)?);
        }
        Ok(ListNode { pos: list.pos, nodes })
    }

    fn node(&self, node: &Node) -> Result<Node> {
        Ok(match node {
            Node::Action(action) => Node::Action(ActionNode { pos: action.pos, pipe: self.printed(&action.pipe)? }),
            Node::If(branch) => Node::If(self.branch(branch)?),
            Node::Range(branch) => Node::Range(self.branch(branch)?),
            Node::With(branch) => Node::With(self.branch(branch)?),
            Node::List(list) => Node::List(self.tree(list)?),
            Node::Template(call) => Node::Template(TemplateNode {
                pos: call.pos,
                name: call.name.clone(),
                pipe: call.pipe.as_ref().map(|pipe| self.pipe(pipe)).transpose()?,
            }),
            Node::Text(_) | Node::Define(_) | Node::Break(_) | Node::Continue(_) => node.clone(),
        })
    }

    fn branch(&self, branch: &BranchNode) -> Result<BranchNode> {
        Ok(BranchNode {
            pos: branch.pos,
            pipe: self.pipe(&branch.pipe)?,
            body: self.tree(&branch.body)?,
            else_body: branch.else_body.as_ref().map(|body| self.tree(body)).transpose()?,
        })
    }

    fn pipe(&self, pipe: &PipeNode) -> Result<PipeNode> {
        let commands = pipe.commands.iter().enumerate().map(|(i, command)| self.command(command, i > 0));
        Ok(PipeNode { commands: commands.collect::<Result<_>>()?, ..pipe.clone() })
    }

    /// A pipeline whose value is printed, unless it is bound to a variable.
    fn printed(&self, pipe: &PipeNode) -> Result<PipeNode> {
        let mut pipe = self.pipe(pipe)?;
        if pipe.decl.is_empty() {
            pipe.commands.push(CommandNode { pos: pipe.pos, args: vec![Expr::Identifier(pipe.pos, PRINT.into())] });
        }
        Ok(pipe)
    }

    fn command(&self, command: &CommandNode, piped: bool) -> Result<CommandNode> {
        let mut args = command.args.iter().map(|arg| self.expr(arg)).collect::<Result<Vec<_>>>()?;
        let given = piped || command.args.len() > 1;
        if given && command.args.first().is_some_and(is_field) {
            args.insert(0, Expr::Identifier(command.pos, METHOD.into()));
        }
        Ok(CommandNode { pos: command.pos, args })
    }

    fn expr(&self, expr: &Expr) -> Result<Expr> {
        Ok(match expr {
            Expr::Identifier(pos, name) => {
                (self.known)(name).map_err(|reason| TemplateError::UnknownFunction {
                    place: self.place(*pos),
                    name: name.to_string(),
                    reason,
                })?;
                expr.clone()
            }
            Expr::Field(pos, fields) => lookup(*pos, Expr::Dot(*pos), fields),
            Expr::Variable(pos, name, fields) if !fields.is_empty() => {
                lookup(*pos, Expr::Variable(*pos, name.clone(), Vec::new()), fields)
            }
            Expr::Chain(pos, inner, fields) => match inner.as_ref() {
                // `function.field` with arguments: the engine itself must see the function.
                Expr::Identifier(..) => Expr::Chain(*pos, Box::new(self.expr(inner)?), fields.clone()),
                _ => lookup(*pos, self.expr(inner)?, fields),
            },
            Expr::Pipe(pos, pipe) => Expr::Pipe(*pos, self.pipe(pipe)?),
            _ => expr.clone(),
        })
    }

    fn mark(&self, pos: Pos) -> Node {
        let place = self.place(pos);
        let number = |n: usize| Expr::Number(pos, Number::Int(i64::try_from(n).unwrap_or_default()));
        let args = vec![
            Expr::Identifier(pos, MARK.into()),
            Expr::String(pos, self.template.into()),
            number(place.line),
            number(place.column),
        ];
        Node::Action(ActionNode { pos, pipe: call(pos, args) })
    }

    fn place(&self, pos: Pos) -> Place {
        let before = self.source.get(..pos.offset).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        Place {
            template: self.template.to_owned(),
            line: pos.line,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        }
    }
}

/// Where a node that can fail stands.
const fn position(node: &Node) -> Option<Pos> {
    match node {
        Node::Action(action) => Some(action.pos),
        Node::If(branch) | Node::Range(branch) | Node::With(branch) => Some(branch.pos),
        Node::Template(call) => Some(call.pos),
        _ => None,
    }
}

fn is_field(expr: &Expr) -> bool {
    match expr {
        Expr::Field(..) => true,
        Expr::Variable(_, _, fields) => !fields.is_empty(),
        Expr::Chain(_, inner, _) => !matches!(inner.as_ref(), Expr::Identifier(..)),
        _ => false,
    }
}

fn lookup(pos: Pos, base: Expr, fields: &[SmolStr]) -> Expr {
    let mut args = vec![Expr::Identifier(pos, FIELD.into()), base];
    args.extend(fields.iter().map(|field| Expr::String(pos, field.as_str().into())));
    Expr::Pipe(pos, call(pos, args))
}

fn call(pos: Pos, args: Vec<Expr>) -> PipeNode {
    PipeNode { pos, decl: Vec::new(), commands: vec![CommandNode { pos, args }], is_assign: false }
}
