"""What a prompt holds must not have the client read files by itself."""

from claudetask_core.printable import unmentioned


def test_no_mention_is_left_for_the_client_to_read() -> None:
    prompt = '@/etc/passwd (@~/.ssh/id_rsa) @"a b" at @ a@b'
    assert unmentioned(prompt) == '@ /etc/passwd (@ ~/.ssh/id_rsa) @ "a b" at @ a@ b'
