"""Names and texts that the questions take or refuse."""

import keyword

import pytest

CHARACTERS = 'use only a-z, 0-9 and "_"'
PACKAGES = [
    pytest.param("", "begin with a letter", id="empty"),
    pytest.param("Sound", CHARACTERS, id="capital"),
    pytest.param("éclair", CHARACTERS, id="accent"),
    pytest.param(
        "\N{LATIN SMALL LETTER LONG S}ound",
        CHARACTERS,
        id="letter-that-python-normalises",
    ),
    pytest.param("sound-tools", CHARACTERS, id="hyphen"),
    pytest.param("sound tools", CHARACTERS, id="space"),
    pytest.param("sound.tools", CHARACTERS, id="dot"),
    pytest.param("sound/tools", CHARACTERS, id="slash"),
    pytest.param("../sound", CHARACTERS, id="parent-folder"),
    pytest.param("sound\n", CHARACTERS, id="line-break-at-the-end"),
    pytest.param("3d", "begin with a letter", id="digit-first"),
    pytest.param("{{ 7 * 7 }}", CHARACTERS, id="jinja"),
    pytest.param("class", "a Python keyword", id="keyword"),
    pytest.param("import", "a Python keyword", id="keyword-import"),
    pytest.param("async", "a Python keyword", id="keyword-async"),
    pytest.param("json", "standard library", id="stdlib"),
    pytest.param("site", "standard library", id="stdlib-site"),
    pytest.param("cprofile", "standard library", id="stdlib-but-for-case"),
    pytest.param("distutils", "standard library", id="stdlib-before-3.12"),
    pytest.param("telnetlib", "standard library", id="stdlib-before-3.13"),
    pytest.param("annotationlib", "standard library", id="stdlib-since-3.14"),
    pytest.param("profiling", "standard library", id="stdlib-since-3.15"),
    *(
        pytest.param(name, "reserved on Windows", id=f"windows-{name}")
        for name in ["aux", "con", "nul", "prn", "com1", "lpt9"]
    ),
    *(
        pytest.param(name, "the project itself uses", id=f"project-{name}")
        for name in [
            "src",
            "tests",
            "test",
            "docs",
            "dist",
            "scripts",
            "bootstrap",
            "setup",
            "conftest",
            "pip",
        ]
    ),
    pytest.param("build", "the project itself uses|in the lock", id="project-build"),
    pytest.param("pytest", "in the lock", id="locked-pytest"),
    pytest.param("setuptools", "in the lock", id="locked-setuptools"),
    pytest.param("typing_extensions", "in the lock", id="locked-typing_extensions"),
    pytest.param("_core", "begin with a letter", id="private"),
    pytest.param("__init__", "begin with a letter", id="dunder"),
    pytest.param("s" * 61, "60 characters", id="61-characters"),
]
GOOD_PACKAGES = [
    *(
        pytest.param(name, id=f"soft-keyword-{name}")
        for name in keyword.softkwlist
        if not name.startswith("_")
    ),
    pytest.param("classes", id="like-a-keyword"),
    pytest.param("none", id="keyword-but-for-case"),
    pytest.param("jsons", id="like-stdlib"),
    pytest.param("con1", id="like-windows-con"),
    pytest.param("com10", id="like-windows-com1"),
    pytest.param("testing", id="like-project-test"),
    pytest.param("build_tools", id="like-project-build"),
    pytest.param("pytest_sound", id="like-locked-pytest"),
    pytest.param("s", id="one-letter"),
    pytest.param("s" * 60, id="60-characters"),
    pytest.param("s_2__x_", id="underscores-inside"),
]
DISTRIBUTIONS = [
    pytest.param("", "at both ends", id="empty"),
    pytest.param("---", "at both ends", id="normalises-to-nothing"),
    pytest.param(".", "at both ends", id="dot"),
    pytest.param("sound-", "at both ends", id="hyphen-last"),
    pytest.param("sound.", "at both ends", id="dot-last"),
    pytest.param("sound_", "at both ends", id="underscore-last"),
    pytest.param("-sound", "at both ends", id="hyphen-first"),
    pytest.param("sound tools", "use A-Z", id="space"),
    pytest.param("sound/tools", "use A-Z", id="slash"),
    pytest.param("sound\n", "use A-Z", id="line-break-at-the-end"),
    pytest.param("éclair", "use A-Z", id="accent"),
    pytest.param("\N{KELVIN SIGN}it", "use A-Z", id="kelvin-sign-that-folds-to-k"),
    pytest.param('sound"', "use A-Z", id="quote"),
    pytest.param("sound>=1", "use A-Z", id="requirement"),
    pytest.param("s" * 101, "100 characters", id="101-characters"),
    pytest.param("pytest", "in the lock", id="locked"),
    pytest.param("Typing_Extensions", "in the lock", id="locked-when-normalised"),
]
GOOD_DISTRIBUTIONS = [
    pytest.param("s", id="one-letter"),
    pytest.param("9", id="one-digit"),
    pytest.param("Sound.Tools_2--x", id="every-character"),
    pytest.param("s" * 100, id="100-characters"),
    pytest.param("pytest-sound", id="like-locked"),
]
MODULES = [
    pytest.param(":x", ":x", "a module name is missing", id="no-module"),
    pytest.param("a..b:x", "a..b:x", "a module name is missing", id="empty-part"),
    pytest.param(".a:x", ".a:x", "a module name is missing", id="relative"),
    pytest.param("a.B:x", "B", CHARACTERS, id="module-capital"),
    pytest.param("Wave", "Wave", CHARACTERS, id="module-capital-alone"),
    pytest.param("é:x", "é", CHARACTERS, id="module-accent"),
    pytest.param("a-b:x", "a-b", CHARACTERS, id="module-hyphen"),
    pytest.param("2d:x", "2d", "begin with a letter", id="module-digit-first"),
    pytest.param("../a:x", "../a:x", "use dots", id="module-parent-folder"),
    pytest.param("a/b:x", "a/b:x", "use dots", id="module-slash"),
    pytest.param("a/b.py", "a/b.py", "use dots", id="module-path"),
    pytest.param("a.py", "a.py", 'leave out ".py"', id="file"),
    pytest.param("a.b.py:x", "a.b.py:x", 'leave out ".py"', id="file-below"),
    pytest.param("pkg.a:x", "pkg.a:x", "leave out the package", id="package-first"),
    pytest.param("pkg.a", "pkg.a", "leave out the package", id="package-alone"),
    pytest.param("a.class.b:x", "class", "a Python keyword", id="module-keyword"),
    pytest.param("__init__:x", "__init__", 'only one "_"', id="module-init"),
    pytest.param("a.__main__:x", "__main__", 'only one "_"', id="module-main"),
    pytest.param("s" * 61 + ":x", "s" * 61, "60 characters", id="module-61-characters"),
    pytest.param("a.con:x", "con", "reserved on Windows", id="module-windows"),
    pytest.param("_lazy:x", "_lazy", "the template has", id="module-of-the-template"),
    pytest.param("a:é", "é", "use only letters", id="name-accent"),
    pytest.param("a:x-y", "x-y", "use only letters", id="name-hyphen"),
    pytest.param("a:2d", "2d", "begin with a letter", id="name-digit-first"),
    pytest.param("a:x,", "a:x,", "a name is missing", id="comma-at-the-end"),
    pytest.param("a:b:c", "a:b:c", 'one ":" for each module', id="two-colons"),
    pytest.param("a,b", "a,b", 'no "," between modules', id="comma"),
    pytest.param("a, b", "a,", 'no "," between modules', id="comma-and-space"),
    pytest.param("b:x a,c", "a,c", 'no "," between modules', id="comma-later"),
    pytest.param("a:x.y", "x.y", "use only letters", id="name-dotted"),
    pytest.param("a:import", "import", "a Python keyword", id="name-keyword"),
    pytest.param("a:None", "None", "a Python keyword", id="name-None"),
    pytest.param("a:__all__", "__all__", 'only one "_"', id="name-dunder"),
    pytest.param("a:" + "s" * 61, "s" * 61, "60 characters", id="name-61-characters"),
    pytest.param("a:str", "str", "the generated code uses", id="name-of-the-template"),
    pytest.param("a:x,y,x", "x", "exported twice", id="name-twice"),
    pytest.param("a.b:x a.b:y", "a.b", "listed twice", id="module-twice"),
    pytest.param("a.b a.b:y", "a.b", "listed twice", id="module-twice-without-names"),
    pytest.param("a:x a.b:y", "a", "a package and a module", id="module-and-package"),
    pytest.param("a.b a", "a", "a package and a module", id="package-and-module"),
    pytest.param(
        "c.a.b:y c.a:x", "c.a", "a package and a module", id="module-and-package-below"
    ),
    pytest.param("a:x b:x", "x", "exported by two", id="name-from-two-modules"),
    pytest.param(
        "c._a:x c._b:x", "c.x", "exported by two", id="name-from-two-private-modules"
    ),
    pytest.param("a:b b.c:x", "b", "a package and a name", id="name-is-subpackage"),
    pytest.param("b.c a:b", "b", "a package and a name", id="subpackage-is-name"),
    pytest.param("a:b b:x", "b", "a module and a name", id="name-is-sibling-module"),
    pytest.param("b a:b", "b", "a module and a name", id="sibling-module-is-name"),
    pytest.param(
        "a test_a.b", "test_a", "where tests of a module go", id="tests-clash"
    ),
]
GOOD_MODULES = [
    pytest.param(None, [], id="null"),
    pytest.param("", [], id="empty"),
    pytest.param([], [], id="empty-list"),
    pytest.param("a:x\tb:y\n\n  c:z", ["a", "b", "c"], id="white-space-of-every-kind"),
    pytest.param(["a:x\tb:y", " c:z\n"], ["a", "b", "c"], id="words-in-list"),
    pytest.param(
        "json:loads test:x site.io:x",
        ["json", "site.io", "test"],
        id="stdlib-names-below-the-package",
    ),
    pytest.param(
        "pytest:x src.tests:x",
        ["pytest", "src.tests"],
        id="project-names-below-the-package",
    ),
    pytest.param("match:type", ["match"], id="soft-keywords"),
    pytest.param("echo:echo,Echo", ["echo"], id="name-of-its-own-module"),
    pytest.param("_core:_core,Container", ["_core"], id="private"),
    pytest.param(
        "a:x b.c:x d.c:x", ["a", "b.c", "d.c"], id="one-name-in-several-packages"
    ),
    pytest.param("a.b:a", ["a.b"], id="name-of-the-package-above"),
    pytest.param("a.a.a:a", ["a.a.a"], id="one-word-all-the-way"),
    pytest.param("a:x,X,x1,x10,x2", ["a"], id="names-that-differ-by-case-or-number"),
    pytest.param("s" * 60 + ":" + "S" * 60, ["s" * 60], id="60-characters"),
    pytest.param("a.b.c.d.e.f.g.h:x", ["a.b.c.d.e.f.g.h"], id="deep"),
    pytest.param("utils", ["utils"], id="no-names"),
    pytest.param("utils:", ["utils"], id="colon-without-names"),
    pytest.param("c _a.b: _d:x", ["_a.b", "_d", "c"], id="no-names-among-names"),
    pytest.param(["utils:", "c"], ["c", "utils"], id="no-names-in-list"),
    pytest.param("pkg:x", ["pkg"], id="named-as-its-package"),
    pytest.param("py:x", ["py"], id="named-as-the-suffix"),
]
TEXTS = [
    pytest.param("one\ntwo", "one line, no control", id="line-feed"),
    pytest.param("one\rtwo", "one line, no control", id="carriage-return"),
    pytest.param("one\n", "one line, no control", id="line-feed-last"),
    pytest.param("one\ttwo", "one line, no control", id="tab"),
    pytest.param("one\0two", "one line, no control", id="nul"),
    pytest.param("one\x1btwo", "one line, no control", id="escape"),
    pytest.param("one\x7ftwo", "one line, no control", id="del"),
    pytest.param("one\x85two", "one line, no control", id="next-line"),
    pytest.param("one\x9ftwo", "one line, no control", id="c1-control"),
    pytest.param("one\u2028two", "one line, no control", id="line-separator"),
    pytest.param("one\u2029two", "one line, no control", id="paragraph-separator"),
    pytest.param("one\ud800two", "one line, no control", id="lone-surrogate"),
    pytest.param("one\uffffTwo", "one line, no control", id="noncharacter"),
    pytest.param(" one", "white space", id="space-first"),
    pytest.param("one\u3000", "white space", id="ideographic-space-last"),
    pytest.param("\N{PILE OF POO}" * 501, "500 characters", id="501-characters"),
]
EMAILS = [
    pytest.param("ada", id="no-at"),
    pytest.param("@example.org", id="no-mailbox"),
    pytest.param("ada@", id="no-domain"),
    pytest.param("ada@@example.org", id="two-ats"),
    pytest.param("ada@example.org, bob@example.org", id="two-addresses"),
    pytest.param("Ada <ada@example.org>", id="with-a-name"),
    pytest.param("ada lovelace@example.org", id="space"),
    pytest.param("ada@example.org\n", id="line-break-at-the-end"),
    pytest.param("ada@example.org\nBcc: bob@example.org", id="second-header"),
    pytest.param('ada"@example.org', id="quote"),
    pytest.param("ada.@example.org", id="dot-before-at"),
    pytest.param("ada@example..org", id="empty-label"),
    pytest.param("ada@-example.org", id="hyphen-first"),
    pytest.param("ada@localhost", id="no-dot-in-the-domain"),
]
GOOD_EMAILS = [
    pytest.param("", id="empty"),
    pytest.param("o'connor+plinth@sub.example.org", id="apostrophe-and-plus"),
    pytest.param("`$id`{x}|#@example.org", id="shell-characters"),
]
REPOSITORIES = [
    pytest.param(
        "example.org/ada/sound", "not a plain http(s) or ssh URL", id="no-scheme"
    ),
    pytest.param("ftp://example.org/sound", "not a plain http(s) or ssh URL", id="ftp"),
    pytest.param(
        "javascript:alert(1)", "not a plain http(s) or ssh URL", id="javascript"
    ),
    pytest.param("file:///home/ada/sound", "not a plain http(s) or ssh URL", id="file"),
    pytest.param("/home/ada/sound", "not a plain http(s) or ssh URL", id="path"),
    pytest.param("https://", "not a plain http(s) or ssh URL", id="no-host"),
    pytest.param(
        "https://example.org/ada sound", "not a plain http(s) or ssh URL", id="space"
    ),
    pytest.param(
        'https://example.org/"ada"', "not a plain http(s) or ssh URL", id="double-quote"
    ),
    pytest.param(
        "https://example.org/o'connor",
        "not a plain http(s) or ssh URL",
        id="single-quote",
    ),
    pytest.param(
        "https://example.org/ada\n",
        "not a plain http(s) or ssh URL",
        id="line-break-at-the-end",
    ),
    pytest.param(
        "https://example.org/<b>", "not a plain http(s) or ssh URL", id="angle-brackets"
    ),
    pytest.param(
        "https://example.org/`id`", "not a plain http(s) or ssh URL", id="backticks"
    ),
    pytest.param(
        "https://example.org/" + "s" * 500, "500 characters", id="520-characters"
    ),
]
GOOD_REPOSITORIES = [
    pytest.param("", id="empty"),
    pytest.param("https://example.org", id="host"),
    pytest.param("http://localhost:8080/sound", id="port"),
    pytest.param("ssh://git@example.org/ada/sound.git", id="ssh-user"),
    pytest.param("https://example.org/@ada/sound?x=1&y=%20#top", id="at-in-the-path"),
]
TITLES = [
    pytest.param("3D Tools!", "project_3d_tools", id="digit-and-mark"),
    pytest.param("Éclair", "eclair", id="accent"),
    pytest.param("E\N{COMBINING ACUTE ACCENT}clair", "eclair", id="combining-accent"),
    pytest.param("Straße", "strasse", id="sharp-s"),
    pytest.param("O'Connor & Sons", "o_connor_sons", id="apostrophe"),
    pytest.param("sound--tools", "sound_tools", id="hyphens"),
    pytest.param("class", "class_project", id="keyword"),
    pytest.param("test", "test_project", id="project-test"),
    pytest.param("json", "json_project", id="stdlib"),
    pytest.param("pytest", "pytest_project", id="locked"),
    pytest.param("con", "con_project", id="windows"),
    pytest.param("__init__", "init", id="dunder"),
    pytest.param("日本語", "my_project", id="no-latin-letter"),
    pytest.param("\N{PILE OF POO}", "my_project", id="emoji"),
    pytest.param("{{ 7 * 7 }}", "project_7_7", id="jinja"),
    pytest.param("İstanbul", None, id="capital-that-lowers-to-two-characters"),
    pytest.param("x" * 500, "x" * 50, id="500-characters"),
    pytest.param("9" * 500, None, id="500-digits"),
    pytest.param("x" * 49 + " tools", None, id="cut-between-words"),
    pytest.param("ß" * 500, None, id="500-characters-that-double"),
]
