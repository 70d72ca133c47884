"What runs on GitHub is pinned, and may do no more than it needs"
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PATHS = {p.stem: p for p in (ROOT/'.github'/'workflows').iterdir()}
TEXTS = {name: p.read_text(encoding='utf-8') for name, p in PATHS.items()}
WORKFLOWS = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
each = pytest.mark.parametrize('name', sorted(WORKFLOWS))

def steps(name): return [step for job in WORKFLOWS[name]['jobs'].values() for step in job['steps']]

@each
def test_actions_are_official_and_pinned_by_commit(name):
    lines = [line for line in TEXTS[name].splitlines() if 'uses:' in line]
    assert len(lines) == sum('uses' in step for step in steps(name)) >= 2
    for line in lines: assert re.search(r'\buses: actions/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+$', line), line

def test_one_version_of_each_action():
    pins = {line.split('uses: ')[1] for text in TEXTS.values() for line in text.splitlines() if 'uses: ' in line}
    assert len(pins) == len({o.partition('@')[0] for o in pins}), pins

@each
def test_least_permissions(name):
    workflow = WORKFLOWS[name]
    assert workflow['permissions'] == ({} if name == 'deploy' else {'contents': 'read'})
    of_deploy = {'build': {'contents': 'read'}, 'deploy': {'pages': 'write', 'id-token': 'write'}}
    for key, job in workflow['jobs'].items():
        wanted = of_deploy[key] if name == 'deploy' else None
        assert job.get('permissions') == wanted and job['timeout-minutes'] <= 90, key

def test_the_website_is_published_with_the_book_as_a_pdf():
    runs = [step.get('run', '') for step in steps('deploy')]
    assert [o.partition('#')[0].strip() for o in runs if 'docs.py' in o] == ['python3 tools/docs.py --pdf']

@each
def test_no_token_is_kept_and_nothing_that_a_stranger_wrote_is_run(name):
    assert 'pull_request_target' not in TEXTS[name] and 'secrets.' not in TEXTS[name]
    for step in steps(name):
        if 'actions/checkout@' in step.get('uses', ''): assert step['with'] == {'persist-credentials': False}
        assert '${{' not in step.get('run', '')
