"""Renders chat templates as transformers' apply_chat_template does. Reads a list of {template, variables} from standard input, and the
time that strftime_now tells as its argument (ISO, local); writes a list of {text} or {error} to standard output.

source: https://github.com/huggingface/transformers/blob/v4.57.1/src/transformers/utils/chat_template_utils.py
"""

import datetime
import json
import sys

import jinja2
import jinja2.ext
import jinja2.nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_same"), [], [], body).set_lineno(line)

    def _same(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


now = datetime.datetime.fromisoformat(sys.argv[1])
environment = ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
)
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = raise_exception
environment.globals["strftime_now"] = lambda format: now.strftime(format)


def render(job):
    try:
        return {"text": environment.from_string(job["template"]).render(**job["variables"])}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


json.dump([render(job) for job in json.load(sys.stdin)], sys.stdout)
