"What runs on GitHub is pinned, and may do no more than it needs"
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT/'.github'/'workflows').glob('*.yml'))

def test_actions_are_official_and_pinned_by_commit():
    uses = [line for p in WORKFLOWS for line in p.read_text(encoding='utf-8').splitlines() if 'uses:' in line]
    assert len(uses) >= 7
    for line in uses: assert re.search(r'uses: actions/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+$', line), line

def test_only_the_deploy_job_may_publish():
    deploy = yaml.safe_load((ROOT/'.github'/'workflows'/'deploy.yml').read_text(encoding='utf-8'))
    assert deploy['permissions'] == {} and deploy['concurrency']['group']
    assert {name: job['permissions'] for name, job in deploy['jobs'].items()} == {'build': {'contents': 'read'}, 'deploy': {'pages': 'write', 'id-token': 'write'}}
    assert deploy[True] == {'push': {'branches': ['main']}, 'workflow_dispatch': None}  # YAML reads the key `on` as true
    for p in WORKFLOWS:
        text = p.read_text(encoding='utf-8')
        assert 'pull_request_target' not in text and text.count('persist-credentials: false') == text.count('actions/checkout@')
