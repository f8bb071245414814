"""The composer: a static web page that makes a project from a Copier template in the browser."""
