"""Spark as an engine, through Spark Connect: for what one machine cannot hold."""
