//! The program among people who mean harm, and on machines that fail.

mod begun;
mod explained;
mod explored;
mod faults;
mod hostile;
mod on_server;
mod pulled;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A business of two CSV tables and one rule, in a folder of its own.
pub struct Shop {
    dir: TempDir,
}

const CONFIG: &str = r#"
[business]
name = "店"
zone = "Asia/Shanghai"
currency = "CNY"
[store]
url = "sqlite:tieout.db"
[sources.files]
kind = "files"
path = "data"
[jobs.daily]
rules = ["*"]
[departments.finance]
title = { en = "Finance", zh = "财务部" }
recipients = ["finance@shop.example"]
[mail]
from = "tieout@shop.example"
transport = "folder"
path = "mail"
"#;

const RULE: &str = r#"kind = "reconcile"
title = { en = "Orders and invoices agree", zh = "订单与发票一致" }
owner = "finance"
key = ["no"]
[sides.sales]
table = "sales"
[sides.finance]
table = "invoices"
[[checks]]
name = "amount"
equal = ["sales.amount", "finance.amount"]
[[checks]]
name = "customer"
equal = ["sales.customer", "finance.customer"]
"#;

impl Shop {
    /// `sales` and `invoices` are the rows of both tables: number, customer, amount, currency.
    pub fn new(sales: &str, invoices: &str) -> Shop {
        let shop = Shop { dir: TempDir::new().unwrap() };
        shop.write("config/tieout.toml", CONFIG);
        shop.write("rules/orders.toml", RULE);
        for (name, rows) in [("sales", sales), ("invoices", invoices)] {
            let table = format!(
                "source = \"files\"\nfile = \"{name}.csv\"\n[columns]\nno = {{ type = \"text\", normalise = [\"trim\"] }}\n\
                 customer = {{ type = \"text\" }}\namount = {{ type = \"money\", currency = \"ccy\" }}\nccy = {{ type = \"text\" }}\n"
            );
            shop.write(&format!("config/tables/{name}.toml"), &table);
            shop.write(&format!("data/{name}.csv"), &format!("no,customer,amount,ccy\n{rows}\n"));
        }
        shop
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    pub fn write(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn edit(&self, relative: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(relative)).unwrap();
        assert!(text.contains(from), "{relative} has no {from}");
        self.write(relative, &text.replacen(from, to, 1));
    }

    /// A shell line in the shop's folder, with `tieout` standing for the program.
    pub fn shell(&self, line: &str) -> Said {
        let line = format!("tieout() {{ '{}' \"$@\"; }}; {line}", env!("CARGO_BIN_EXE_tieout"));
        let mut command = Command::new("bash");
        command.args(["-c", &line]).current_dir(self.dir.path()).stdin(Stdio::null()).env("RUST_BACKTRACE", "1");
        Said::of(command.output().unwrap())
    }

    pub fn mails(&self) -> Vec<String> {
        let Ok(folder) = fs::read_dir(self.path("mail")) else { return Vec::new() };
        folder.map(|mail| fs::read_to_string(mail.unwrap().path()).unwrap()).collect()
    }
}

/// What the program said and how it ended. Whatever happens, it never says it in the words of a crash.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    fn of(output: Output) -> Said {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program speaks UTF-8");
        let (out, err) = (text(output.stdout), text(output.stderr));
        for crash in ["panicked", "stack backtrace", "RUST_BACKTRACE"] {
            assert!(!out.contains(crash) && !err.contains(crash), "{out}\n{err}");
        }
        Said { code: output.status.code().expect("the program ended by itself"), out, err }
    }
}
