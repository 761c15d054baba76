//! The HTML of a letter, fit for mail programs: tables and inline styles, no script, nothing loaded from elsewhere.
//!
//! Outlook on Windows draws with Word's engine: it knows table cells, `bgcolor` and simple inline styles, and takes
//! fonts from a style sheet rather than from a surrounding table. Everything else is a nicety it may ignore.

use askama::Template;

use super::page::{Listing, Page, Tone};
use super::row::Row;
use crate::audit::breaks::Severity;
use crate::language::Language;

pub(super) fn write(page: &Page) -> String {
    // Writing to memory fails only where a value's own display fails, and every value here is plain text.
    Letter { page }.render().unwrap_or_default()
}

#[derive(Template)]
#[template(
    ext = "html",
    escape = "html",
    source = r##"
{%- let p = page -%}
{%- macro head(title, count, tone, notes) -%}
<tr><td colspan="3" style="padding:26px 0 6px;border-bottom:2px solid {{ tone }};font-size:16px;font-weight:bold;color:#17212b">{{ title }} <span style="color:{{ tone }}">{{ count }}</span></td></tr>
{%- for note in notes %}
<tr><td colspan="3" style="padding:8px 0 2px;font-size:13px;color:#66727f">{{ note }}</td></tr>
{%- endfor %}
{%- endmacro -%}
<!DOCTYPE html>
<html lang="{{ p.phrases.tag() }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{{ p.subject }}</title>
<style>td,a,span{font-family:{{ self.fonts()|safe }}}</style>
</head>
<body bgcolor="#f2f4f6" style="margin:0;padding:0;background:#f2f4f6">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f2f4f6"><tr><td align="center" style="padding:20px 8px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#ffffff" style="max-width:860px;background:#ffffff;border:1px solid #e1e6ea;font-family:{{ self.fonts() }};font-size:14px;line-height:1.55;color:#26323d;text-align:left">
<tr><td style="padding:26px 28px 0;font-size:22px;line-height:1.3;font-weight:bold;color:#17212b">{{ p.title }}</td></tr>
<tr><td style="padding:4px 28px 18px;font-size:13px;color:#66727f">{{ p.context }}</td></tr>
<tr><td style="padding:0 28px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f7f9fa" style="background:#f7f9fa"><tr>
{%- for tile in p.tiles %}
<td valign="top" style="padding:12px 14px;border-left:3px solid #d5dce2"><span style="font-size:12px;color:#66727f">{{ tile.label }}</span>{% for value in tile.values %}<br><span style="font-size:{% if tile.values.len() > 1 %}16{% else %}20{% endif %}px;line-height:1.35;font-weight:bold;color:#17212b;white-space:nowrap">{{ value }}</span>{% endfor %}</td>
{%- endfor %}
</tr></table>
</td></tr>
<tr><td style="padding:14px 28px 0;font-size:15px">{% for sentence in p.headline %}{{ sentence }}{% if !loop.last %}<br>{% endif %}{% endfor %}</td></tr>
{%- if p.unevaluated.count > 0 %}
<tr><td style="padding:18px 28px 0">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#fff6e5" style="background:#fff6e5"><tr><td style="padding:12px 16px;border-left:4px solid #d98a00;overflow-wrap:anywhere">
<span style="font-size:15px;font-weight:bold;color:#7a4b00">{{ p.phrases.unevaluated() }} {{ p.unevaluated.count }}</span><br>
<span style="font-size:13px;color:#7a4b00">{{ p.phrases.unevaluated_note() }}</span>
{%- for (rule, why) in p.unevaluated.items %}<br><span style="font-weight:bold">{{ rule }}</span>{{ p.phrases.colon() }}{{ why }}{% endfor %}
{%- if let Some(note) = p.unevaluated.note %}<br><span style="font-size:13px;color:#7a4b00">{{ note }}</span>{% endif %}
</td></tr></table>
</td></tr>
{%- endif %}
{%- for listing in p.listings %}
<tr><td style="padding:0 28px"><table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
{% call head(listing.title, listing.count, self.tone(listing), listing.notes.as_slice()) %}{% endcall %}
{%- for row in listing.rows %}
<tr><td width="{{ self.severity_width() }}" valign="top" style="padding:11px 10px 11px 0;border-bottom:1px solid #e9edf0"><span style="font-size:12px;font-weight:bold;white-space:nowrap;color:{{ self.colour(row) }}">&#9632; {{ row.severity }}</span></td>
<td valign="top" style="padding:9px 12px 11px 0;border-bottom:1px solid #e9edf0;overflow-wrap:anywhere"><a href="{{ row.link }}" style="color:#0b5394;font-weight:bold;text-decoration:none">{{ row.subject }}</a> <span style="font-size:13px;color:#66727f">{{ row.rule }}</span>
{%- for sentence in row.what %}<br>{{ sentence }}{% endfor %}<br><span style="font-size:12px;color:#66727f">{{ row.facts.join(" · ") }}</span></td>
<td align="right" valign="top" style="padding:9px 0 11px;border-bottom:1px solid #e9edf0;font-weight:bold;white-space:nowrap">{% for money in row.at_risk %}{{ money }}{% if !loop.last %}<br>{% endif %}{% endfor %}{% if row.at_risk.is_empty() %}<span style="font-weight:normal;color:#8a949e">{{ p.phrases.unpriced() }}</span>{% endif %}</td></tr>
{%- endfor %}
</table></td></tr>
{%- endfor %}
{%- for (title, list) in self.page.line_lists() %}{% if list.count > 0 %}
<tr><td style="padding:0 28px"><table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
{% call head(title, list.count, "#5f6b76", list.note.as_slice()) %}{% endcall %}
{%- for line in list.items %}
<tr><td colspan="3" style="padding:8px 0;border-bottom:1px solid #e9edf0;overflow-wrap:anywhere">{{ line }}</td></tr>
{%- endfor %}
</table></td></tr>
{%- endif %}{% endfor %}
{%- if p.continuity.count > 0 %}
<tr><td style="padding:26px 28px 0"><table width="100%" cellpadding="0" cellspacing="0" border="0" style="font-size:12px">
<tr><td colspan="9" style="padding:0 0 6px;border-bottom:2px solid #5f6b76;font-size:16px;font-weight:bold;color:#17212b">{{ p.phrases.continuity() }} <span style="color:#5f6b76">{{ p.continuity.count }}</span></td></tr>
<tr><td colspan="9" style="padding:8px 0 6px;font-size:13px;color:#66727f">{{ p.phrases.continuity_note() }}{% if let Some(note) = p.continuity.note %} {{ note }}{% endif %}</td></tr>
<tr><td></td>{% for column in p.phrases.continuity_columns() %}<td align="right" style="padding:4px 0 4px 8px;color:#66727f">{{ column }}</td>{% endfor %}</tr>
{%- for ledger in p.continuity.items %}
<tr><td colspan="9" style="padding:8px 0 2px;border-top:1px solid #e9edf0;font-weight:bold;overflow-wrap:anywhere">{{ ledger.rule }}</td></tr>
{%- for (label, cells) in ledger.lines %}
<tr><td style="padding:1px 0 3px;color:#66727f">{{ label }}</td>{% for cell in cells %}<td align="right" style="padding:1px 0 3px 8px;white-space:nowrap{% if loop.last %};font-weight:bold{% endif %}">{% if cell.is_empty() %}<span style="color:#b6bec5">–</span>{% else %}{{ cell }}{% endif %}</td>{% endfor %}</tr>
{%- endfor %}
{%- endfor %}
</table></td></tr>
{%- endif %}
<tr><td style="padding:28px 28px 26px;font-size:13px;color:#66727f">{{ p.attached }}<br><a href="{{ p.page_link }}" style="color:#0b5394;text-decoration:none">{{ p.phrases.page_link() }}</a><br>{{ p.phrases.automatic() }}</td></tr>
</table>
</td></tr></table>
</body>
</html>
"##
)]
struct Letter<'a> {
    page: &'a Page,
}

impl Letter<'_> {
    fn fonts(&self) -> &'static str {
        match self.page.phrases.language {
            Language::Zh => "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',Arial,sans-serif",
            Language::En => "'Segoe UI',Helvetica,Arial,sans-serif",
        }
    }

    /// Wide enough for the longest severity, so that the rows of all sections stand in line.
    fn severity_width(&self) -> &'static str {
        match self.page.phrases.language {
            Language::Zh => "54",
            Language::En => "78",
        }
    }

    fn tone(&self, listing: &Listing) -> &'static str {
        match listing.tone {
            Tone::Bad => "#b42318",
            Tone::Plain => "#5f6b76",
            Tone::Good => "#18794e",
        }
    }

    fn colour(&self, row: &Row) -> &'static str {
        match row.weight {
            Severity::Critical => "#b42318",
            Severity::High => "#c4570c",
            Severity::Medium => "#96710a",
            Severity::Low => "#66727f",
        }
    }
}
