(function_or_value_defn (function_declaration_left . (_) @name)) @function
(function_or_value_defn (value_declaration_left . (_) @name)) @constant
(named_module name: (_) @name) @module
(module_defn (identifier) @name) @module
(type_definition (_ (type_name type_name: (_) @name))) @type
(member_defn (method_or_prop_defn name: (_) @name)) @method
(exception_definition exception_name: (_) @name) @type
(block_comment) @comment
