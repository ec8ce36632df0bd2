"""`gateway alerts`: one trial alert by every channel, now, so that somebody can say whether it was heard."""

import secrets

import typer

from gateway.cli.opening import configured
from gateway.cli.verbs import new_app
from gateway.deliver.alerts.channel import Batch
from gateway.service.alerts import channels_of
from gateway.vocabulary.alert import Alert, Level, News
from gateway.vocabulary.errors import ConfigError, GatewayError
from gateway.vocabulary.transfer import TransferId

app = new_app()


@app.command()
def alerts(context: typer.Context) -> int:
    """Send a trial alert by every channel that [alerts] in gateway.toml names, past the outbox.

    As deliver's user, who has the network, the password and the key. Leaves with 0 if every channel took it, or
    with the code of what went wrong. That it was taken is not that it was read: ask whoever should have.
    """
    session, configuration = configured(context)
    channels, at = channels_of(configuration), session.clock()
    if not channels:
        raise ConfigError("nobody is to be told of anything", remedy="name an address under [alerts.email]")
    trial = TransferId.new(at, secrets.token_bytes)
    batch = Batch(
        id=trial,
        alerts=(
            Alert(id=trial, news=News.APPEARED, level=Level.WARNING, kind="trial", since=at, command="gateway todo"),
        ),
    )
    code = 0
    for channel in channels:
        try:
            channel.send(batch, at)
        except GatewayError as error:
            code = session.voice.fail(error)
            session.voice.say(f"{channel.name}: not taken")
        else:
            session.voice.say(f"{channel.name}: taken")
    return code
