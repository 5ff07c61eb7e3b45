(method name: (_) @name) @function
(singleton_method name: (_) @name) @function
(class name: (_) @name) @class
(module name: (_) @name) @module
(assignment left: (constant) @name right: (call receiver: (constant) @_m method: (identifier)) (#set! words "Struct Class Module Data")) @class
(assignment left: (constant) @name) @constant
(alias name: (_) @name) @function
(call method: (identifier) @_m arguments: (argument_list (simple_symbol) @name) (#set! words "define_method scope alias_method attr_accessor attr_reader attr_writer has_many belongs_to has_one delegate")) @field
(comment) @comment
