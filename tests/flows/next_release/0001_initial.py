from importlib import import_module

Migration = import_module("surveys.migrations.0001_initial").Migration
