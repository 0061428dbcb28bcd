"""Text of the generated blocking client: parameters, docstrings and layout."""

import ast
import re
import subprocess
import sys

LEFT_OUT = {"session"}  # parameters of the constructor: a session belongs to the event loop of its creator


def leave_out(arguments: ast.arguments) -> None:
    """Remove the parameters that the blocking client does not have."""
    kept = [
        (argument, default)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if argument.arg not in LEFT_OUT
    ]
    arguments.kwonlyargs = [argument for argument, _ in kept]
    arguments.kw_defaults = [default for _, default in kept]


def forwarded(arguments: ast.arguments) -> str:
    """Return the arguments of a call that passes all parameters on."""
    positional = [argument.arg for argument in arguments.args if argument.arg != "self"]
    return ", ".join((*positional, *(f"{argument.arg}={argument.arg}" for argument in arguments.kwonlyargs)))


def docstring(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the docstring with the words of the blocking client."""
    text = ast.get_docstring(node, clean=True) or ""
    for name in LEFT_OUT if isinstance(node, ast.ClassDef) else ():
        text = re.sub(rf"^    {name}: .*\n(?:        .*\n)*", "", text, flags=re.MULTILINE)
    for asynchronous, blocking in (
        ("async with ", "with "),
        ("async for ", "for "),
        ("await ", ""),
        ("AsyncClient", "Client"),
        ("contextlib.aclosing", "contextlib.closing"),
        ("An asynchronous client of", "A blocking client of"),
    ):
        text = text.replace(asynchronous, blocking)
    return '"""' + text + ('\n"""' if "\n" in text else '"""')


def indent(text: str) -> str:
    """Return the text, indented by one level."""
    return "\n".join("    " + line if line else "" for line in text.splitlines())


def formatted(text: str) -> str:
    """Return the text, formatted by ruff."""
    command = [sys.executable, "-m", "ruff"]
    for arguments in (["check", "--select", "I", "--fix", "--quiet", "-"], ["format", "--quiet", "-"]):
        text = subprocess.run(  # noqa: S603 - runs ruff on generated text
            [*command, *arguments], input=text, capture_output=True, text=True, check=True
        ).stdout
    return text
