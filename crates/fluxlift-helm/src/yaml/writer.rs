//! Text with a column, and the memory of what was written last.

/// The output so far. A token knows whether it needs a space before it, and an indent whether it needs a new line.
#[derive(Debug)]
pub(super) struct Writer {
    out: String,
    column: i32,
    /// The last thing written separates: a space is not needed.
    separated: bool,
    /// Only indentation and indicators stand on the line so far.
    indention: bool,
}

impl Default for Writer {
    fn default() -> Self {
        Self { out: String::new(), column: 0, separated: true, indention: true }
    }
}

impl Writer {
    /// Whether only indentation and indicators stand on the line so far.
    pub(super) const fn at_indention(&self) -> bool {
        self.indention
    }

    /// The column that the next character takes.
    pub(super) const fn column(&self) -> i32 {
        self.column
    }

    /// Starts a line at `indent`, or continues the present one when nothing but indentation stands on it.
    pub(super) fn indent(&mut self, indent: i32) {
        let indent = indent.max(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.separated) {
            self.break_line();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.separated = true;
        self.indention = true;
    }

    /// A whole scalar or an empty collection, after a space where one is needed.
    pub(super) fn token(&mut self, text: &str) {
        self.open(text);
        self.close();
    }

    /// The beginning of something longer: a quote, a block header, a plain scalar.
    pub(super) fn open(&mut self, text: &str) {
        if !self.separated {
            self.put(' ');
        }
        self.glue(text);
    }

    /// What belongs to the character before it: a colon, a closing quote.
    pub(super) fn glue(&mut self, text: &str) {
        for c in text.chars() {
            self.put(c);
        }
        self.close();
    }

    /// `-`, `?` or `:` after which a block may begin on the same line.
    pub(super) fn indicator(&mut self, text: &str) {
        let indention = self.indention;
        self.open(text);
        self.indention = indention;
    }

    /// One character as it is.
    pub(super) fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    /// One character of a scalar's text.
    pub(super) fn text(&mut self, c: char) {
        self.put(c);
        self.indention = false;
    }

    /// A line break of a scalar's own, as it is.
    pub(super) fn own_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
        self.indention = true;
    }

    /// A line break of ours.
    pub(super) fn break_line(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// After the header of a block scalar: its lines follow.
    pub(super) fn begin_block(&mut self) {
        self.break_line();
        self.indention = true;
        self.separated = true;
    }

    /// After a scalar: a space is needed before whatever follows.
    pub(super) const fn close(&mut self) {
        self.separated = false;
        self.indention = false;
    }

    /// The end of the document.
    pub(super) fn end_line(&mut self) {
        if self.column > 0 {
            self.break_line();
        }
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.out
    }
}
